// SearchView: finds connectors by words, with an index in memory that follows the store.
//
// The first search fills the index, or catch_up does. A commit only names the connectors that it
// touched; the next search reads them first, so it finds every change that was answered before.
// What could not be read is tried again then. Thread-safe.
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
  // Beyond this many names, all connectors are read again.
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
  mutable std::mutex reading_mutex_;  // one reader at a time, so the last one sees the last commit
  mutable std::mutex pending_mutex_;
  mutable Pending pending_;  // guarded by pending_mutex_
};

}  // namespace mkt
