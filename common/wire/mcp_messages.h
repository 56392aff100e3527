// The answers of the MCP registry's read API, v0.1; see messages.h for what all have in common.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/wire/members.h"

namespace mkt::wire {

// GET /v0.1/servers/{serverName}/versions/{version}
struct McpServerInfo {
  Json server;  // a server.json of the schema 2025-12-11
  Json meta;    // what the registry adds, under reverse-DNS names

  MKT_MESSAGE(McpServerInfo);
};

struct McpPageInfo {
  std::string next_cursor;  // empty on the last page
  std::uint64_t count = 0;  // of this page

  MKT_MESSAGE(McpPageInfo);
};

// GET /v0.1/servers and /v0.1/servers/{serverName}/versions
struct McpServerListing {
  std::vector<McpServerInfo> servers;
  McpPageInfo metadata;

  MKT_MESSAGE(McpServerListing);
};

}  // namespace mkt::wire
