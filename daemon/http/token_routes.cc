// Tokens, and who the caller is.
#include <fmt/format.h>

#include "common/wire/requests.h"
#include "daemon/http/fields.h"
#include "daemon/http/routes.h"
#include "daemon/service/record_messages.h"
#include "daemon/service/tokens.h"

namespace mkt {
namespace {

constexpr std::uint64_t kMaxBodyBytes = 16 * 1024;

Result<Role> role_of(std::string_view word) {
  if (const auto role = parse_role(word)) return *role;
  return Error(ErrorCode::invalid_request,
               "role must be admin, publisher, tenant-admin, member or approver",
               {{"role", "is unknown"}});
}

Result<Response> issue_token(const Marketplace& market, Request& request) {
  MKT_CHECK(require_admin(request.caller));
  Findings wrong;
  MKT_TRY(const auto body, read_message<wire::NewToken>(request, kMaxBodyBytes, wrong));
  const auto role = wrong.take("role", role_of(body.role));
  MKT_CHECK(wrong.status());
  MKT_TRY(const CreatedToken created,
          create_token(market, request.caller,
                       {body.name,
                        *role,
                        body.subject,
                        body.expires_at,
                        {body.read_only.value_or(false), body.connectors, body.from}}));
  wire::TokenInfo message = token_message(created.record);
  message.token = created.secret;
  Response response = json_response(201, message.to_json());
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Result<Response> list_tokens(const Marketplace& market, Request& request) {
  MKT_TRY(const auto tokens, list_tokens(market, request.caller));
  wire::TokenListing listing;
  for (const TokenRecord& t : tokens) listing.tokens.push_back(token_message(t));
  return json_response(200, listing.to_json());
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
  router.section("Tokens", "Bearer tokens, and who the caller is.");
  router.add("POST", "/v1/tokens",
             Operation("createToken", "Make a token")
                 .for_tokens()
                 .takes<wire::NewToken>()
                 .answers<wire::TokenInfo>(201),
             [&](Request& r) { return issue_token(market, r); });
  router.add("GET", "/v1/tokens",
             Operation("listTokens", "List all tokens, or one's own")
                 .for_tokens()
                 .answers<wire::TokenListing>(),
             [&](Request& r) { return list_tokens(market, r); });
  router.add("GET", "/v1/tokens/current",
             Operation("showCurrentToken", "Show who the token makes the caller")
                 .for_tokens()
                 .answers<wire::TokenInfo>(),
             [&](Request& r) { return whoami(market, r); });
  router.add("DELETE", "/v1/tokens/{id}",
             Operation("revokeToken", "Revoke a token").for_tokens().answers(204),
             [&](Request& r) { return remove_token(market, r); });
}

}  // namespace mkt
