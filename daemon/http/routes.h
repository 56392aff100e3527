// The routes of /v1, one file per resource. A handler parses the request, calls one service, and
// makes the answer.
#pragma once

#include <functional>
#include <string>

#include "common/wire/status_messages.h"
#include "daemon/http/message.h"
#include "daemon/http/router.h"
#include "daemon/limits/rate_limiter.h"
#include "daemon/mirror/mirror.h"
#include "daemon/service/feed.h"
#include "daemon/service/mcp_servers.h"
#include "daemon/service/usage.h"

namespace mkt {

// What the routes for operators show; called from many threads at once.
struct OperationParts {
  std::function<std::string()> metrics;  // Prometheus's text format
  std::function<wire::StatusInfo()> status;
  std::function<bool()> for_anyone;  // or for admins only
};

// What the routes of the MCP registry show.
struct McpParts {
  const McpServers& servers;
  std::function<std::string()> name_space;  // of their names; called from many threads at once
};

void add_catalog_routes(Router& router, const Marketplace& market, Usage& usage,
                        RateLimiter& limiter);
void add_publish_routes(Router& router, const Marketplace& market, RateLimiter& limiter);
void add_publisher_routes(Router& router, const Marketplace& market);
void add_key_routes(Router& router, const Marketplace& market);
void add_owner_routes(Router& router, const Marketplace& market);
void add_withdrawal_routes(Router& router, const Marketplace& market);
void add_policy_routes(Router& router, const Marketplace& market);
void add_feed_routes(Router& router, Feed& changes);
void add_install_routes(Router& router, const Marketplace& market, RateLimiter& limiter);
void add_request_routes(Router& router, const Marketplace& market);
void add_limit_routes(Router& router, const Marketplace& market, RateLimiter& limiter);
// `mirror` returns nullptr where there is no mirror.
void add_mirror_routes(Router& router, const Marketplace& market,
                       std::function<const Mirror*()> mirror);
void add_log_routes(Router& router, const Marketplace& market);
void add_mcp_routes(Router& router, RateLimiter& limiter, McpParts parts);
void add_token_routes(Router& router, const Marketplace& market);
void add_operation_routes(Router& router, OperationParts parts);

// The token that the request has, by either field; empty without, or where another scheme is used.
std::string_view token_of(const RequestHead& head);

// Finds the caller by `Authorization: Bearer` or the older protocol's `X-API-Key`. unauthorized for
// an invalid token, even where no token is needed.
Result<Caller> authenticate(const Marketplace& market, const RequestHead& head,
                            const std::string& address, const std::string& request_id);

}  // namespace mkt
