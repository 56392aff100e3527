// MCP servers: shows connectors that declare `mcp` as entries of an MCP registry.
//
// For everyone, or for one tenant: its list has the versions that its people may run without asking
// anybody. A version is on it while all of this holds:
//
//   - the connector is visible to the tenant, and the caller may see it;
//   - the tenant's policy lets the version in without approval, or people have approved it: its
//     newest install request is approved and for the same bytes;
//   - neither quarantine, withdrawal nor a suspended publisher is in the way.
//
// Anyone may read a tenant's list where anyone may read the catalog, as editors send no token;
// otherwise members of the tenant and admins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/wire/mcp_messages.h"
#include "daemon/service/marketplace.h"
#include "daemon/views/mcp_list.h"

namespace mkt {

inline constexpr std::uint32_t kMaxMcpServers = 100;  // of one page

// Whose list it is, and how it names its servers: the namespace, "/" and the connector's id.
struct McpScope {
  std::string name_space;
  std::optional<TenantId> tenant = {};  // nullopt: everyone's
};

struct McpQuery {
  std::string cursor = {};  // of the page before; empty for the first
  std::uint32_t limit = 30;
  std::string search = {};                    // a part of the name; empty for the cursor's, or all
  std::string version = {};                   // "latest" or a version; empty for all
  std::optional<UtcTime> updated_since = {};  // also lists deleted versions
  bool include_deleted = false;
};

struct McpServer {
  VersionRecord version;
  McpVersion listed;
  UtcTime updated_at;
  bool is_latest = false;
};

struct McpPage {
  std::vector<McpServer> servers;
  std::string next_cursor;  // empty on the last page
};

// Thread-safe. Must not outlive the marketplace.
class McpServers {
 public:
  explicit McpServers(const Marketplace& market)
      : market_(market), list_(market.store, market.now) {}

  // By connector id, and of one connector in the order of publication. A page may have fewer than
  // the limit and be followed by another. invalid_request for a cursor of somebody else's.
  Result<McpPage> list(const Caller& caller, const McpScope& scope, const McpQuery& query) const;

  // Newest first, without deleted ones. not_found where there is none.
  Result<std::vector<McpServer>> versions(const Caller& caller, const McpScope& scope,
                                          std::string_view name) const;

  // `which` is "latest" or a version; a deleted version is shown, with the reason. not_found.
  Result<McpServer> show(const Caller& caller, const McpScope& scope, std::string_view name,
                         std::string_view which) const;

 private:
  const Marketplace& market_;
  const McpList list_;
};

// The version as server.json, with what the registry knows about it.
wire::McpServerInfo mcp_message(const McpServer& server, const McpScope& scope);

}  // namespace mkt
