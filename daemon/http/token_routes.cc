// Tokens, and who the caller is.
#include <fmt/format.h>

#include "daemon/http/fields.h"
#include "daemon/http/routes.h"
#include "daemon/service/record_messages.h"
#include "daemon/service/tokens.h"

namespace mkt {
namespace {

constexpr std::uint64_t kMaxBodyBytes = 16 * 1024;
constexpr std::size_t kMaxName = 128;

Result<Role> role_field(const Json& json) {
  if (const auto role = parse_role(text_member(json, "role").value_or(""))) return *role;
  return Error(ErrorCode::invalid_request,
               "role must be admin, publisher, tenant-admin, member or approver",
               {{"role", "is unknown"}});
}

Result<Response> issue_token(const Marketplace& market, Request& request) {
  MKT_CHECK(require_admin(request.caller));
  MKT_TRY(const Json json, read_json_body(request, kMaxBodyBytes));
  Findings wrong;
  const auto name = wrong.take("name", optional_text(json, "name", kMaxName));
  const auto role = wrong.take("role", role_field(json));
  const auto subject = wrong.take("subject", optional_text(json, "subject", kMaxNameLength));
  const auto expires_at = wrong.take("expiresAt", optional_time(json, "expiresAt"));
  MKT_CHECK(wrong.status());
  MKT_TRY(const CreatedToken created,
          create_token(market, request.caller, {*name, *role, *subject, *expires_at}));
  wire::TokenInfo message = token_message(created.record);
  message.token = created.secret;
  Response response = json_response(201, message.to_json());
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Result<Response> list_tokens(const Marketplace& market, Request& request) {
  MKT_TRY(const auto tokens, list_tokens(market, request.caller));
  Json all = Json::array();
  for (const TokenRecord& t : tokens) all.push_back(token_message(t).to_json());
  return json_response(200, {{"tokens", all}});
}

Result<Response> remove_token(const Marketplace& market, Request& request) {
  MKT_CHECK(revoke_token(market, request.caller, request.path_parameter("id")));
  Response response;
  response.status = 204;
  return response;
}

Result<Response> whoami(const Marketplace& market, Request& request) {
  const Caller& caller = request.caller;
  if (!caller.signed_in()) {
    return Error(ErrorCode::unauthorized, "nobody is logged in; run: mkt login");
  }
  MKT_TRY(const auto token, find_token(market, caller.token_id));
  if (!token) return Error(ErrorCode::unauthorized, "the token was revoked");
  return json_response(200, token_message(*token).to_json());
}

}  // namespace

void add_token_routes(Router& router, const Marketplace& market) {
  router.add("POST", "/v1/tokens", [&](Request& r) { return issue_token(market, r); });
  router.add("GET", "/v1/tokens", [&](Request& r) { return list_tokens(market, r); });
  router.add("GET", "/v1/tokens/current", [&](Request& r) { return whoami(market, r); });
  router.add("DELETE", "/v1/tokens/{id}", [&](Request& r) { return remove_token(market, r); });
}

}  // namespace mkt
