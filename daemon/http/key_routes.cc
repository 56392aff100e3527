// Keys: the list that everybody checks signatures with, adding, revoking.
#include <fmt/format.h>

#include <limits>

#include "daemon/http/byte_range.h"
#include "daemon/http/fields.h"
#include "daemon/http/key_fields.h"
#include "daemon/http/routes.h"
#include "daemon/rules/key_rules.h"
#include "daemon/service/reason.h"
#include "daemon/service/record_messages.h"
#include "daemon/service/revoke.h"

namespace mkt {
namespace {

// A client knows a list by the newest change in it. Once a key has expired it is another list.
std::string etag_of(std::int64_t sequence, std::size_t expired) {
  return expired == 0 ? fmt::format("\"keys-{}\"", sequence)
                      : fmt::format("\"keys-{}-{}\"", sequence, expired);
}

std::string listing_of(const KeyList& keys, std::int64_t since, UtcTime now) {
  wire::KeyListing listing;
  listing.sequence = keys.sequence;
  listing.since = since;
  for (const KeyRecord& key : keys.keys) listing.keys.push_back(key_message(key, now));
  return dump_json(listing.to_json());
}

std::string whole_listing(const KeyList& keys, UtcTime now) { return listing_of(keys, 0, now); }

Result<Response> list(const Marketplace& market, Request& request) {
  const Freshness fresh = market.views.clock.now();
  const UtcTime now = market.now();
  MKT_TRY(const std::uint64_t since,
          number_parameter(request.head, "since", 0, 0, std::numeric_limits<std::int64_t>::max()));
  MKT_TRY(const auto known, market.views.keys.known(now, whole_listing));
  Response response;
  response.headers.emplace_back("Cache-Control", "no-cache");
  response.headers.emplace_back("ETag", etag_of(known.sequence, known.expired));
  // What a key's end would change cannot be given without looking at the time.
  if (known.until == UtcTime::max()) response.same_while = fresh;
  if (etag_matches(request.head.header("if-none-match"), response.headers.back().second)) {
    response.status = 304;
    return response;
  }
  response.content_type = "application/json";
  if (since > 0) {
    const auto after = static_cast<std::int64_t>(since);
    MKT_TRY(const KeyList changed, list_keys_changed_since(market, after));
    response.body = listing_of(changed, after, now);
    response.headers.back().second = etag_of(changed.sequence, known.expired);
    return response;
  }
  MKT_TRY(const auto whole, market.views.keys.whole(now, whole_listing));
  response.headers.back().second = etag_of(whole.sequence, whole.expired);
  response.shared_body = whole.body;
  return response;
}

Result<Response> challenge(const Marketplace& market, Request& request) {
  MKT_TRY(const PublisherId id, PublisherId::parse(request.path_parameter("id")));
  const UtcTime now = market.now();
  Response response = json_response(201, {{"challenge", market.challenges.issue(id, now)},
                                          {"expiresAt", format_utc(now + Challenges::kValidFor)}});
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

// `endorsement`: {by, signature, retires}; nullopt where there is none.
Result<std::optional<Endorsement>> endorsement_field(const Json& json) {
  const auto it = json.find("endorsement");
  if (it == json.end() || it->is_null()) return std::optional<Endorsement>();
  MKT_TRY(const KeyId by, KeyId::parse(text_member(*it, "by").value_or("")));
  const auto signature = parse_signature(text_member(*it, "signature").value_or(""));
  if (!signature) {
    return Error(ErrorCode::key_proof_invalid, "endorsement.signature is not base64 of 64 bytes");
  }
  MKT_TRY(const bool retires, optional_flag(*it, "retires"));
  return std::optional(Endorsement{by, *signature, retires});
}

Result<Response> add(const Marketplace& market, Request& request) {
  MKT_TRY(const PublisherId id, PublisherId::parse(request.path_parameter("id")));
  MKT_CHECK(require_publisher_or_admin(request.caller, id));
  MKT_TRY(const Json json, read_json_body(request, kMaxSmallBodyBytes));
  MKT_TRY(const PublicKey key, public_key_field(json));
  MKT_TRY(const auto proof, proof_field(json));
  MKT_TRY(const auto expires_at, optional_time(json, "expiresAt"));
  MKT_TRY(const auto alias, key_alias_field(json));
  MKT_TRY(const auto endorsement, endorsement_field(json));
  MKT_TRY(const KeyRecord record,
          add_key(market, request.caller, {id, {key, expires_at, alias}, proof, endorsement}));
  return json_response(201, key_message(record, market.now()).to_json());
}

Result<ReasonCode> reason_code_field(const Json& json) {
  if (const auto code = parse_reason_code(text_member(json, "reasonCode").value_or(""))) {
    return *code;
  }
  return Error(ErrorCode::invalid_request,
               "reasonCode must be superseded, cessation, compromised or unspecified",
               {{"reasonCode", "is unknown"}});
}

Result<Response> revoke(const Marketplace& market, Request& request) {
  MKT_TRY(const PublisherId id, PublisherId::parse(request.path_parameter("id")));
  MKT_TRY(const KeyName key_id, KeyName::parse(request.path_parameter("keyId")));
  MKT_CHECK(require_publisher_or_admin(request.caller, id));
  MKT_TRY(const Json json, read_json_body(request, kMaxSmallBodyBytes));
  Findings wrong;
  const auto code = wrong.take("reasonCode", reason_code_field(json));
  const auto reason = wrong.take("reason", required_text(json, "reason", kMaxReason));
  const auto since = wrong.take("compromisedSince", optional_time(json, "compromisedSince"));
  const auto dry_run = wrong.take("dryRun", optional_flag(json, "dryRun"));
  MKT_CHECK(wrong.status());
  MKT_TRY(const RevocationOutcome outcome,
          revoke_key(market, request.caller, {id, key_id, *code, *reason, *since, *dry_run}));
  return json_response(200, revocation_message(outcome, market.now()).to_json());
}

}  // namespace

Result<PublicKey> public_key_field(const Json& json) {
  return PublicKey::from_base64(text_member(json, "publicKey").value_or(""));
}

Result<std::optional<KeyName>> key_alias_field(const Json& json) {
  const auto it = json.find("keyId");
  if (it == json.end() || it->is_null()) return std::optional<KeyName>();
  MKT_TRY(KeyName name, KeyName::parse(text_member(json, "keyId").value_or("")));
  return std::optional(std::move(name));
}

Result<std::optional<KeyProof>> proof_field(const Json& json) {
  const auto it = json.find("proof");
  if (it == json.end() || it->is_null()) return std::optional<KeyProof>();
  const auto challenge = text_member(*it, "challenge");
  const auto signature = parse_signature(text_member(*it, "signature").value_or(""));
  if (!challenge || !signature) {
    return Error(ErrorCode::key_proof_invalid,
                 "proof must hold challenge, and signature as base64 of 64 bytes",
                 {{"proof", "is malformed"}});
  }
  return std::optional(KeyProof{*challenge, *signature});
}

void add_key_routes(Router& router, const Marketplace& market) {
  router.add("GET", "/v1/keys", [&market](Request& r) { return list(market, r); });
  const std::string base = "/v1/publishers/{id}";
  router.add("POST", base + "/challenges", [&](Request& r) { return challenge(market, r); });
  router.add("POST", base + "/keys", [&](Request& r) { return add(market, r); });
  router.add("POST", base + "/keys/{keyId}/revoke", [&](Request& r) { return revoke(market, r); });
}

}  // namespace mkt
