// Store: everything the daemon must not forget. Two verbs and a feed.
//
// `read` shows one snapshot. `change` gives records to decide by and to write to; it returns once
// the change is durable, or has failed and left no trace. A change may run again, after another
// that it could not see: its function has no effect but on Records, and draws no time, id or random
// number. Whatever it decides by it holds (hold.h). `watch` is told of every commit, other
// daemons' commits too.
//
// Thread-safe. The functions run on a thread of the store's and must not call the store. Errors:
// those that the function returns; storage_full, storage_failed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "daemon/store/records.h"

namespace mkt {

// The numbers that the entries of a change were given in the log.
class EntryNumbers {
 public:
  EntryNumbers() = default;
  explicit EntryNumbers(std::vector<std::int64_t> numbers) : numbers_(std::move(numbers)) {}
  std::int64_t of(EntryRef entry) const { return numbers_.at(entry.index); }

 private:
  std::vector<std::int64_t> numbers_;
};

// Ends a watch when it goes; no call is under way any more then. Must not outlive the store.
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
  // Told after each commit, in their order, before whoever asked for the change is. Must be quick,
  // must not throw and must not call the store.
  [[nodiscard]] virtual Watch watch(std::function<void(const Touches&)> told) = 0;
};

// Result<T> of a T or of a Result<T>.
template <typename T>
struct AsResult {
  using type = Result<T>;
};
template <typename T>
struct AsResult<Result<T>> {
  using type = Result<T>;
};

// Reads a value; `look` gives a T or a Result<T>.
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
