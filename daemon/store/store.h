// Store: everything that the daemon must not forget. It has two verbs and a feed.
//
// `read` gives access to one snapshot. `change` gives records to decide by and to write to. It
// returns when the change is durable, or has failed without a trace. A change may run again, after
// another change that it could not see. So its function must have no effect except on Records, and
// must not create a time, an id or a random number. It must hold everything that it decides by
// (hold.h). `watch` reports every commit, including those of other daemons.
//
// Thread-safe. The functions run on the store's own threads and must not call the store. Errors:
// those that the function returns; storage_full, storage_failed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "daemon/store/jobs.h"
#include "daemon/store/log_position.h"
#include "daemon/store/memory_lease.h"
#include "daemon/store/records.h"

namespace mkt {

// The numbers that a change's entries got in the log.
class EntryNumbers {
 public:
  EntryNumbers() = default;
  explicit EntryNumbers(std::vector<std::int64_t> numbers) : numbers_(std::move(numbers)) {}
  std::int64_t of(EntryRef entry) const { return numbers_.at(entry.index); }
  std::size_t size() const { return numbers_.size(); }

 private:
  std::vector<std::int64_t> numbers_;
};

// The destructor ends the watch and waits for a call in progress. Must not outlive the store.
class Watch {
 public:
  Watch() = default;
  explicit Watch(std::function<void()> end) : end_(std::move(end)) {}
  ~Watch() {
    if (end_) end_();
  }
  Watch(Watch&& other) noexcept : end_(std::exchange(other.end_, nullptr)) {}
  Watch& operator=(Watch&&) = delete;

 private:
  std::function<void()> end_;
};

class Store {
 public:
  virtual ~Store() = default;

  virtual Status read(const std::function<Status(const Records&)>& look) = 0;
  virtual Result<EntryNumbers> change(const Touches& touches,
                                      const std::function<Status(Records&)>& decide) = 0;
  // `told` is called after each commit, in their order, before the change returns to its caller. It
  // must be quick, must not throw and must not call the store.
  [[nodiscard]] virtual Watch watch(std::function<void(const Touches&)> told) = 0;
  // While it holds, watchers hear of a change before anybody is told that it was made. Null where
  // that is always so, as this daemon makes all changes. Lives as long as the store.
  virtual const MemoryLease* memory_lease() const { return nullptr; }
  // How far this daemon has heard of the others' changes. Null where there are no others. Lives as
  // long as the store.
  virtual const LogPosition* log_position() const { return nullptr; }
  // Who does what only one daemon does at a time.
  virtual Jobs& jobs() {
    static OnlyDaemonJobs only;
    return only;
  }
};

// Result<T>, for a T or a Result<T>.
template <typename T>
struct AsResult {
  using type = Result<T>;
};
template <typename T>
struct AsResult<Result<T>> {
  using type = Result<T>;
};

// Reads a value; `look` returns a T or a Result<T>.
template <typename Look>
auto read_from(Store& store, const Look& look) {
  using Outcome = typename AsResult<decltype(look(std::declval<const Records&>()))>::type;
  std::optional<Outcome> outcome;
  const Status done = store.read([&](const Records& records) -> Status {
    outcome.emplace(look(records));
    return {};
  });
  return done ? std::move(*outcome) : Outcome(done.error());
}

}  // namespace mkt
