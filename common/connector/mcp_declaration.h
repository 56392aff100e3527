// McpDeclaration: what a manifest says in `mcp` about the MCP server that its connector is
// (connector.manifest(5)).
//
//   "mcp": {
//     "transport": "stdio",
//     "runtimeHint": "npx",
//     "package": {"registryType": "npm", "identifier": "@acme/slack", "version": "1.4.0"},
//     "arguments": [{"type": "named", "name": "--team", "value": "core"}],
//     "environment": [{"name": "SLACK_TOKEN", "isRequired": true, "isSecret": true}]
//   }
//
// The parts have the shapes of the MCP registry's server.json, schema 2025-12-11, so a declaration
// that is valid makes a valid server.json (daemon/service/mcp_servers.h). Pure functions.
#pragma once

#include <cstddef>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"

namespace mkt {

inline constexpr std::size_t kMaxMcpBytes = 16 * 1024;  // of the member as compact JSON

// All that is wrong with the member, by its path ("mcp.environment[0].name"); empty where it is
// valid. Members that are not known here are ignored.
std::vector<ErrorDetail> check_mcp(const Json& mcp);

// Of a valid declaration: the known members of its parts, as server.json has them; and a
// description for what the user must give, where it has none.
Json mcp_transport(const Json& mcp);    // {"type": "stdio"}, or {type, url, headers}
Json mcp_package(const Json& mcp);      // null where the connector's tarball is the package
Json mcp_arguments(const Json& mcp);    // a list
Json mcp_environment(const Json& mcp);  // a list
// True for a server that runs elsewhere: an address and no package.
bool is_mcp_remote(const Json& mcp);

}  // namespace mkt
