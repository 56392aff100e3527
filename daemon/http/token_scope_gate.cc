#include "daemon/http/token_scope_gate.h"

#include "daemon/service/marketplace.h"

namespace mkt {
namespace {

constexpr std::string_view kOfConnector = "/v1/connectors/{id}";
constexpr std::string_view kOfServer = "{serverName}";

// The connector is in the body, or that of an install request; whoever works on it asks.
bool asks_itself(std::string_view pattern) {
  return pattern == "/v1/publish" || pattern == "/v1/connectors" ||
         pattern == "/v1/tenants/{tenant}/installs" ||
         pattern == "/v1/tenants/{tenant}/install-requests/{id}/approve" ||
         pattern == "/v1/tenants/{tenant}/install-requests/{id}/deny" ||
         pattern == "/v1/tenants/{tenant}/install-requests/{id}/cancel";
}

// The parameter of a path that names its connector; null where there is none.
const char* connector_parameter(std::string_view pattern) {
  if (pattern.starts_with(kOfConnector)) return "id";
  if (pattern.find("{connector}") != std::string_view::npos) return "connector";
  return pattern.find(kOfServer) != std::string_view::npos ? "serverName" : nullptr;
}

// The last part of a server's name is its connector's.
std::string_view connector_in(std::string_view value) { return value.substr(value.rfind('/') + 1); }

Error not_in_scope(const char* what) { return Error(ErrorCode::forbidden, what); }

}  // namespace

Handler keep_to_scope(std::string_view method, std::string_view pattern, Handler handler) {
  const bool changes = method != "GET" && method != "HEAD" && !pattern.ends_with("/download");
  const char* const named = connector_parameter(pattern);
  const bool may_end_token = pattern == "/v1/tokens/{id}";
  const bool asks = asks_itself(pattern);
  return std::move(handler).behind([=](Request& request) -> Status {
    const TokenScope& scope = request.caller.scope;
    // Anybody may give up a token.
    if (may_end_token && request.path_parameter("id") == request.caller.token_id) return {};
    if (changes && scope.read_only) return not_in_scope("your token may only read");
    if (scope.connectors.empty()) return {};
    if (named != nullptr) {
      return require_connector(request.caller, connector_in(request.path_parameter(named)));
    }
    if (!changes || asks) return {};
    return not_in_scope("your token is for some connectors only, and this is not about them");
  });
}

}  // namespace mkt
