// Publishers: registering, showing, judging.
#include "daemon/service/publishers.h"

#include "daemon/http/fields.h"
#include "daemon/http/key_fields.h"
#include "daemon/http/routes.h"
#include "daemon/service/reason.h"
#include "daemon/service/record_messages.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxDisplayName = 128;
constexpr std::size_t kMaxEmail = 254;  // RFC 5321's path, less its angle brackets

Result<std::string> email_field(const Json& json) {
  MKT_TRY(std::string email, required_text(json, "email", kMaxEmail));
  if (email.find('@') != std::string::npos) return email;
  return Error(ErrorCode::invalid_request, "email must be an e-mail address",
               {{"email", "has no @"}});
}

Result<Response> register_one(const Marketplace& market, Request& request) {
  if (!market.open_registration()) MKT_CHECK(require_admin(request.caller));
  MKT_TRY(const Json json, read_json_body(request, kMaxSmallBodyBytes));
  Findings wrong;
  const auto id = wrong.take("id", PublisherId::parse(text_member(json, "id").value_or("")));
  const auto display_name =
      wrong.take("displayName", required_text(json, "displayName", kMaxDisplayName));
  const auto email = wrong.take("email", email_field(json));
  const auto key = wrong.take("publicKey", public_key_field(json));
  const auto expires_at = wrong.take("expiresAt", optional_time(json, "expiresAt"));
  const auto alias = wrong.take("keyId", key_alias_field(json));
  const auto proof = wrong.take("proof", proof_field(json));
  MKT_CHECK(wrong.status());
  MKT_TRY(const Registered registered,
          register_publisher(market, request.caller,
                             {*id, *display_name, *email, {*key, *expires_at, *alias}, *proof}));
  MKT_TRY(const PublisherWithKeys shown, show_publisher(market, *id));
  Json answer = publisher_message(shown.publisher, shown.keys, market.now()).to_json();
  if (registered.token) answer["token"] = registered.token->secret;
  Response response = json_response(201, answer);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

// Where to reach a publisher is for its own people and the admins.
wire::PublisherInfo as_seen_by(const Caller& caller, wire::PublisherInfo info) {
  const bool own =
      caller.signed_in() && caller.role == Role::publisher && caller.subject == info.id;
  if (!own && !caller.is_admin()) info.email.clear();
  return info;
}

Result<Response> show_one(const Marketplace& market, Request& request) {
  MKT_TRY(const PublisherId id, PublisherId::parse(request.path_parameter("id")));
  MKT_TRY(const PublisherWithKeys shown, show_publisher(market, id));
  return json_response(
      200, as_seen_by(request.caller, publisher_message(shown.publisher, shown.keys, market.now()))
               .to_json());
}

Result<Response> list_publishers(const Marketplace& market, Request& request) {
  MKT_TRY(const auto publishers, list_publishers(market));
  Json all = Json::array();
  for (const PublisherRecord& p : publishers) {
    all.push_back(as_seen_by(request.caller, publisher_message(p, {}, market.now())).to_json());
  }
  return json_response(200, {{"publishers", all}});
}

// {status, reason} or {verified}.
Result<Response> change(const Marketplace& market, Request& request) {
  MKT_CHECK(require_admin(request.caller));
  MKT_TRY(const PublisherId id, PublisherId::parse(request.path_parameter("id")));
  MKT_TRY(const Json json, read_json_body(request, kMaxSmallBodyBytes));
  if (json.contains("status") == json.contains("verified")) {
    return Error(ErrorCode::invalid_request, "the body must hold either status or verified");
  }
  if (json.contains("verified")) {
    MKT_TRY(const bool verified, optional_flag(json, "verified"));
    MKT_CHECK(set_publisher_verified(market, request.caller, id, verified));
  } else {
    const auto status = parse_publisher_status(text_member(json, "status").value_or(""));
    if (!status) {
      return Error(ErrorCode::invalid_request, "status must be active, suspended or banned",
                   {{"status", "is unknown"}});
    }
    MKT_TRY(const std::string reason, optional_text(json, "reason", kMaxReason));
    MKT_CHECK(set_publisher_status(market, request.caller, id, *status, reason));
  }
  return show_one(market, request);
}

}  // namespace

void add_publisher_routes(Router& router, const Marketplace& market) {
  router.add("POST", "/v1/publishers", [&](Request& r) { return register_one(market, r); });
  router.add("GET", "/v1/publishers", [&](Request& r) { return list_publishers(market, r); });
  router.add("GET", "/v1/publishers/{id}", [&](Request& r) { return show_one(market, r); });
  router.add("PATCH", "/v1/publishers/{id}", [&](Request& r) { return change(market, r); });
}

}  // namespace mkt
