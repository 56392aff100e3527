// Publishers: registering, showing, judging.
#include "daemon/service/publishers.h"

#include <limits>

#include "common/base/email_address.h"
#include "common/wire/requests.h"
#include "daemon/http/fields.h"
#include "daemon/http/key_fields.h"
#include "daemon/http/routes.h"
#include "daemon/service/notices.h"
#include "daemon/service/record_messages.h"

namespace mkt {
namespace {

constexpr std::uint32_t kDefaultSignings = 20;
constexpr std::uint32_t kMaxSignings = 100;

Status check_email(const std::string& email) {
  if (is_email_address(email)) return {};
  const bool has_at = email.find('@') != std::string::npos;
  return Error(ErrorCode::invalid_request, "email must be an e-mail address",
               {{"email", has_at ? "is not one address, such as dev@acme.example" : "has no @"}});
}

Result<Response> register_one(const Marketplace& market, Request& request) {
  if (!market.open_registration()) MKT_CHECK(require_admin(request.caller));
  Findings wrong;
  MKT_TRY(const auto body, read_message<wire::NewPublisher>(request, kMaxSmallBodyBytes, wrong));
  const auto id = wrong.take("id", PublisherId::parse(body.id));
  if (const Status email = check_email(body.email); !email) wrong.add("email", email.error());
  const auto key = wrong.take("publicKey", PublicKey::from_base64(body.public_key));
  const auto alias = wrong.take("keyId", alias_of(body.key_id));
  const auto proof = wrong.take("proof", proof_of(body.proof));
  MKT_CHECK(wrong.status());
  MKT_TRY(const Registered registered,
          register_publisher(
              market, request.caller,
              {*id, body.display_name, body.email, {*key, body.expires_at, *alias}, *proof}));
  MKT_TRY(const PublisherWithKeys shown, show_publisher(market, *id));
  wire::RegisteredInfo info{publisher_message(shown.publisher, shown.keys, market.now()), {}};
  if (registered.token) info.token = registered.token->secret;
  Response response = json_response(201, info.to_json());
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
  wire::PublisherListing listing;
  for (const PublisherRecord& p : publishers) {
    listing.publishers.push_back(
        as_seen_by(request.caller, publisher_message(p, {}, market.now())));
  }
  return json_response(200, listing.to_json());
}

Result<Response> list_signings(const Marketplace& market, Request& request) {
  MKT_TRY(const PublisherId id, PublisherId::parse(request.path_parameter("id")));
  MKT_TRY(const std::uint64_t after,
          number_parameter(request.head, "after", 0, 0, std::numeric_limits<std::int64_t>::max()));
  MKT_TRY(const std::uint64_t limit,
          number_parameter(request.head, "limit", kDefaultSignings, 1, kMaxSignings));
  MKT_TRY(const auto signings,
          signed_as(market, request.caller, id, static_cast<std::int64_t>(after),
                    static_cast<std::uint32_t>(limit) + 1));  // one more tells of more
  wire::SigningListing listing;
  listing.has_more = signings.size() > limit;
  for (const Signing& s : signings) {
    if (listing.signings.size() == limit) break;
    listing.signings.push_back(signing_message(s));
  }
  return json_response(200, listing.to_json());
}

Result<Response> change(const Marketplace& market, Request& request) {
  MKT_CHECK(require_admin(request.caller));
  MKT_TRY(const PublisherId id, PublisherId::parse(request.path_parameter("id")));
  MKT_TRY(const auto body, read_message<wire::PublisherChange>(request, kMaxSmallBodyBytes));
  if (body.status.has_value() == body.verified.has_value()) {
    return Error(ErrorCode::invalid_request, "the body must hold either status or verified");
  }
  if (body.verified) {
    MKT_CHECK(set_publisher_verified(market, request.caller, id, *body.verified));
  } else {
    const auto status = parse_publisher_status(*body.status);
    if (!status) {
      return Error(ErrorCode::invalid_request, "status must be active, suspended or banned",
                   {{"status", "is unknown"}});
    }
    MKT_CHECK(set_publisher_status(market, request.caller, id, *status, body.reason));
  }
  return show_one(market, request);
}

}  // namespace

void add_publisher_routes(Router& router, const Marketplace& market) {
  router.section("Publishers", "Who publishes.");
  router.add("POST", "/v1/publishers",
             Operation("registerPublisher", "Register a publisher and its first key")
                 .always_open()
                 .takes<wire::NewPublisher>()
                 .answers<wire::RegisteredInfo>(201),
             [&](Request& r) { return register_one(market, r); });
  router.add("GET", "/v1/publishers",
             Operation("listPublishers", "List the publishers, without their keys")
                 .answers<wire::PublisherListing>(),
             [&](Request& r) { return list_publishers(market, r); });
  router.add(
      "GET", "/v1/publishers/{id}",
      Operation("showPublisher", "Show a publisher and its keys").answers<wire::PublisherInfo>(),
      [&](Request& r) { return show_one(market, r); });
  router.add("GET", "/v1/publishers/{id}/signings",
             Operation("listSignings", "List what a publisher's keys signed, the newest first")
                 .for_tokens()
                 .query("after", "Only what came after this sequence.", "integer")
                 .query("limit", "How many, 1 to 100; 20 by default.", "integer")
                 .answers<wire::SigningListing>(),
             [&](Request& r) { return list_signings(market, r); });
  router.add("PATCH", "/v1/publishers/{id}",
             Operation("changePublisher", "Suspend, ban, restore or verify a publisher")
                 .for_tokens()
                 .takes<wire::PublisherChange>()
                 .answers<wire::PublisherInfo>(),
             [&](Request& r) { return change(market, r); });
}

}  // namespace mkt
