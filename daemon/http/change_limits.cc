// Which routes are changes, and for whom they count.
#include "daemon/http/change_limits.h"

#include <algorithm>
#include <array>

#include "daemon/http/rate_limit.h"

namespace mkt {
namespace {

constexpr std::string_view kRegistering = "/v1/publishers";

bool is_change(std::string_view method, std::string_view pattern) {
  if (method == "GET" || method == "HEAD") return false;
  // Publishing has a limit of its own.
  if (pattern == "/v1/publish") return false;
  if (method == "PUT" && pattern == "/v1/connectors/{id}/{version}") return false;
  // So has installing; without an install there is nothing to decide or to uninstall.
  if (pattern.starts_with("/v1/tenants/{tenant}/install")) return false;
  if (pattern.starts_with("/tenants/")) return false;
  if (pattern.starts_with("/v1/limits/")) return false;
  // These change nothing.
  return !pattern.ends_with("/challenges") && !pattern.ends_with("/download");
}

Status count(RateLimiter& limiter, Request& request, LimitScope scope, std::string subject) {
  return count_request(limiter, scope, {std::move(subject), request.caller.address}, request);
}

Status count_change(RateLimiter& limiter, Request& request) {
  const auto subject = changing_subject(request.caller);
  if (!subject) return {};  // the handler refuses it
  if (!request.caller.is_admin()) {
    MKT_CHECK(count(limiter, request, LimitScope::change, address_subject(request.caller.address)));
  }
  return count(limiter, request, LimitScope::change, *subject);
}

}  // namespace

std::optional<std::string> changing_subject(const Caller& caller) {
  if (!caller.signed_in()) return std::nullopt;
  switch (caller.role) {
    case Role::admin:
      return "token:" + caller.token_id;
    case Role::publisher:
      return publisher_subject(caller.subject);
    default:
      return tenant_subject(caller.subject);
  }
}

Handler limit_changes(RateLimiter& limiter, std::string_view method, std::string_view pattern,
                      Handler handler) {
  if (!is_change(method, pattern)) return handler;
  const bool registers = pattern == kRegistering;
  return [&limiter, registers, handler = std::move(handler)](Request& request) -> Result<Response> {
    if (registers && !request.caller.is_admin()) {
      MKT_CHECK(count(limiter, request, LimitScope::registration,
                      address_subject(request.caller.address)));
    } else {
      MKT_CHECK(count_change(limiter, request));
    }
    return handler(request);
  };
}

}  // namespace mkt
