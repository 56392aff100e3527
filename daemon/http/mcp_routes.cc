// The MCP registry's read API, v0.1: for everyone, and for each tenant.
#include <fmt/format.h>

#include "common/base/utf8.h"
#include "daemon/http/fields.h"
#include "daemon/http/rate_limit.h"
#include "daemon/http/routes.h"
#include "daemon/service/mcp_servers.h"

namespace mkt {
namespace {

constexpr std::uint32_t kDefaultServers = 30;
constexpr std::size_t kMaxSearchBytes = 200;  // as long as a name may be

// The tenant in the path, where it has one. A name that could be none has no list.
Result<McpScope> scope_of(const McpParts& parts, const Request& request) {
  McpScope scope{parts.name_space(), std::nullopt};
  const auto tenant = request.path_parameters.find("tenant");
  if (tenant == request.path_parameters.end()) return scope;
  auto id = TenantId::parse(tenant->second);
  if (!id) return Error(ErrorCode::not_found, "there is no such list: a tenant has another name");
  scope.tenant = std::move(*id);
  return scope;
}

Result<McpQuery> query_of(const RequestHead& head) {
  McpQuery query;
  query.cursor = head.parameter("cursor").value_or("");
  query.search = head.parameter("search").value_or("");
  if (query.search.size() > kMaxSearchBytes) {
    return Error(ErrorCode::invalid_request,
                 fmt::format("search has {} bytes; at most {} are allowed", query.search.size(),
                             kMaxSearchBytes));
  }
  query.version = head.parameter("version").value_or("");
  MKT_TRY(const std::uint64_t limit,
          number_parameter(head, "limit", kDefaultServers, 1, kMaxMcpServers));
  query.limit = static_cast<std::uint32_t>(limit);
  if (const auto since = head.parameter("updated_since"); since && !since->empty()) {
    query.updated_since = parse_utc(*since);
    if (!query.updated_since) {
      return Error(ErrorCode::invalid_request, "updated_since must be an RFC 3339 time");
    }
  }
  const std::string_view deleted = head.parameter("include_deleted").value_or("false");
  if (deleted != "true" && deleted != "false" && !deleted.empty()) {
    return Error(ErrorCode::invalid_request, "include_deleted must be true or false");
  }
  query.include_deleted = deleted == "true";
  return query;
}

// What depends on the caller is kept by no cache on the way.
Response answer_with(const Json& json) {
  Response response = json_response(200, json);
  response.headers.emplace_back("Cache-Control", "no-cache");
  response.headers.emplace_back("Vary", "Authorization");
  return response;
}

wire::McpServerListing listing_of(const std::vector<McpServer>& servers, const McpScope& scope) {
  wire::McpServerListing listing;
  for (const McpServer& s : servers) listing.servers.push_back(mcp_message(s, scope));
  listing.metadata.count = servers.size();
  return listing;
}

Result<Response> list_servers(const McpParts& parts, const Request& request) {
  MKT_TRY(const McpScope scope, scope_of(parts, request));
  MKT_TRY(const McpQuery query, query_of(request.head));
  MKT_TRY(const McpPage page, parts.servers.list(request.caller, scope, query));
  wire::McpServerListing listing = listing_of(page.servers, scope);
  listing.metadata.next_cursor = page.next_cursor;
  return answer_with(listing.to_json());
}

Result<Response> list_versions(const McpParts& parts, const Request& request) {
  MKT_TRY(const McpScope scope, scope_of(parts, request));
  MKT_TRY(const auto servers,
          parts.servers.versions(request.caller, scope, request.path_parameter("serverName")));
  return answer_with(listing_of(servers, scope).to_json());
}

Result<Response> show_server(const McpParts& parts, const Request& request) {
  MKT_TRY(const McpScope scope, scope_of(parts, request));
  MKT_TRY(const McpServer server,
          parts.servers.show(request.caller, scope, request.path_parameter("serverName"),
                             request.path_parameter("version")));
  return answer_with(mcp_message(server, scope).to_json());
}

Operation with_list_parameters(Operation operation) {
  return std::move(operation)
      .query("cursor", "The nextCursor of the page before.")
      .query("limit", "How many, 1 to 100; 30 by default.", "integer")
      .query("search", "A part of the name.")
      .query("version", "latest, or one version.")
      .query("updated_since", "Only what changed at this RFC 3339 time or later; deleted ones too.")
      .query("include_deleted", "true lists quarantined and withdrawn versions, too.", "boolean")
      .answers<wire::McpServerListing>();
}

}  // namespace

void add_mcp_routes(Router& router, RateLimiter& limiter, McpParts parts) {
  router.section("MCP registry", "Connectors that are MCP servers, as editors read them.");
  const auto list = limited(limiter, LimitScope::search, client_subject,
                            [parts](Request& r) { return list_servers(parts, r); });
  const auto all = [parts](Request& r) { return list_versions(parts, r); };
  const auto show = [parts](Request& r) { return show_server(parts, r); };
  router.add("GET", "/v0.1/servers",
             with_list_parameters(Operation("listMcpServers", "List MCP servers")), list);
  router.add("GET", "/v0.1/servers/{serverName}/versions",
             Operation("listMcpServerVersions", "List the versions of an MCP server")
                 .answers<wire::McpServerListing>(),
             all);
  router.add(
      "GET", "/v0.1/servers/{serverName}/versions/{version}",
      Operation("showMcpServer", "Show a version of an MCP server").answers<wire::McpServerInfo>(),
      show);
  router.add("GET", "/t/{tenant}/v0.1/servers",
             with_list_parameters(
                 Operation("listTenantMcpServers", "List MCP servers that a tenant may run")),
             list);
  router.add("GET", "/t/{tenant}/v0.1/servers/{serverName}/versions",
             Operation("listTenantMcpServerVersions",
                       "List the versions of an MCP server that a tenant may run")
                 .answers<wire::McpServerListing>(),
             all);
  router.add("GET", "/t/{tenant}/v0.1/servers/{serverName}/versions/{version}",
             Operation("showTenantMcpServer", "Show a version that a tenant may run")
                 .answers<wire::McpServerInfo>(),
             show);
}

}  // namespace mkt
