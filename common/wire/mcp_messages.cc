#include "common/wire/mcp_messages.h"

#include "common/wire/message_functions.h"

namespace mkt::wire {

template <typename Visitor>
void McpServerInfo::members(Visitor& m) {
  m.always("server", &McpServerInfo::server,
           Shape().saying("A server.json of the schema 2025-12-11."));
  m.usually("_meta", &McpServerInfo::meta, Shape().saying("By reverse-DNS names."));
}

template <typename Visitor>
void McpPageInfo::members(Visitor& m) {
  m.if_any("nextCursor", &McpPageInfo::next_cursor, Shape().saying("Absent on the last page."));
  m.usually("count", &McpPageInfo::count, Shape().saying("Of this page."));
}

template <typename Visitor>
void McpServerListing::members(Visitor& m) {
  m.always("servers", &McpServerListing::servers);
  m.usually("metadata", &McpServerListing::metadata);
}

MKT_MESSAGE_FUNCTIONS(McpServerInfo)
MKT_MESSAGE_FUNCTIONS(McpPageInfo)
MKT_MESSAGE_FUNCTIONS(McpServerListing)

}  // namespace mkt::wire
