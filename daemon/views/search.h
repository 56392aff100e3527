// SearchView: finding connectors by words, from an index in memory that follows the store.
//
// The index is filled at the first search, or by catch_up. A commit only names the connectors that
// it touched; they are read again before the next search, so a search after a change that was
// answered has it. What could not be read is tried again then. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "daemon/store/store.h"
#include "daemon/views/search_index.h"

namespace mkt {

struct SearchPage {
  std::vector<ConnectorRecord> connectors;
  std::uint64_t total = 0;
};

class SearchView {
 public:
  explicit SearchView(Store& store) : store_(store) {}

  Result<SearchPage> search(const SearchQuery& query) const;
  // Reads what changed since the last time.
  Status catch_up() const;

  void touched(const Touches& touches);

 private:
  // More than this many connectors are not named one by one: all are read again.
  static constexpr std::size_t kMaxNamed = 10'000;

  struct Pending {
    bool all = true;  // nothing was read yet
    std::set<std::string, std::less<>> connectors;
    bool empty() const { return !all && connectors.empty(); }
  };
  Pending take_pending() const;
  void put_back(Pending pending) const;
  Status read_again(const Pending& pending) const;

  Store& store_;
  mutable SearchIndex index_;
  mutable std::mutex reading_mutex_;  // one reads at a time: the last one sees the last commit
  mutable std::mutex pending_mutex_;
  mutable Pending pending_;  // guarded by pending_mutex_
};

}  // namespace mkt
