// McpList: which connectors are MCP servers, with their versions, in memory; it follows the store.
//
// A connector is one while its latest version's manifest has a valid `mcp`
// (common/connector/mcp_declaration.h); its other versions are listed where they have one, too. So
// only manifests that have that word are read at first, by pages, and then those of connectors that
// changed.
//
// The first call fills the list. A commit only names the connectors that it touched; the next call
// reads them first, so it finds every change that was answered before. Thread-safe. Must not
// outlive the store.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/utc_time.h"
#include "daemon/store/store.h"

namespace mkt {

enum class McpStatus { active, deprecated, deleted };

struct McpVersion {
  std::string version;
  std::int64_t seq = 0;  // of its publication
  McpStatus status = McpStatus::active;
  // The row does not say when a version was deprecated or quarantined: then this is when the list
  // first saw it, which is not before.
  UtcTime status_changed_at;
};

struct McpConnector {
  std::string id;
  std::string latest_version;
  UtcTime updated_at;                   // when its newest version was published
  std::vector<std::string> visible_to;  // tenants; empty: everyone
  std::vector<std::string> owners;      // where it is not visible to everyone
  std::vector<McpVersion> versions;     // in the order they were published
};

class McpList {
 public:
  using Connectors = std::map<std::string, std::shared_ptr<const McpConnector>, std::less<>>;

  McpList(Store& store, std::function<UtcTime()> now);
  McpList(const McpList&) = delete;
  McpList& operator=(const McpList&) = delete;

  // All of them as of now, by id. The answer does not change any more.
  Result<std::shared_ptr<const Connectors>> all() const;

 private:
  // Beyond this many names, all connectors are read again.
  static constexpr std::size_t kMaxNamed = 10'000;

  struct Pending {
    bool all = true;  // nothing was read yet
    std::set<std::string, std::less<>> connectors;
    bool empty() const { return !all && connectors.empty(); }
  };
  void touched(const Touches& touches);
  Pending take_pending() const;
  void put_back(Pending pending) const;
  Result<std::shared_ptr<const Connectors>> read_again(const Pending& pending) const;

  Store& store_;
  const std::function<UtcTime()> now_;
  mutable std::mutex reading_mutex_;                      // one reader at a time
  mutable std::shared_ptr<const Connectors> connectors_;  // guarded by reading_mutex_
  mutable std::mutex pending_mutex_;
  mutable Pending pending_;  // guarded by pending_mutex_
  Watch watch_;              // last: it must end before the members that it calls
};

}  // namespace mkt
