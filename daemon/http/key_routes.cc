// Keys: the list that everybody checks signatures with, adding, revoking.
#include <fmt/format.h>

#include <limits>

#include "daemon/http/byte_range.h"
#include "daemon/http/fields.h"
#include "daemon/http/key_fields.h"
#include "daemon/http/routes.h"
#include "daemon/rules/key_rules.h"
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
  const wire::ChallengeInfo info{market.challenges.issue(id, now),
                                 format_utc(now + Challenges::kValidFor)};
  Response response = json_response(201, info.to_json());
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Result<std::optional<Endorsement>> endorsement_of(
    const std::optional<wire::EndorsementPart>& part) {
  if (!part) return std::optional<Endorsement>();
  MKT_TRY(const KeyId by, KeyId::parse(part->by));
  const auto signature = parse_signature(part->signature);
  if (!signature) {
    return Error(ErrorCode::key_proof_invalid, "endorsement.signature is not base64 of 64 bytes");
  }
  return std::optional(Endorsement{by, *signature, part->retires});
}

Result<Response> add(const Marketplace& market, Request& request) {
  MKT_TRY(const PublisherId id, PublisherId::parse(request.path_parameter("id")));
  MKT_CHECK(require_publisher_or_admin(request.caller, id));
  MKT_TRY(const auto body, read_message<wire::NewKey>(request, kMaxSmallBodyBytes));
  MKT_TRY(const PublicKey key, PublicKey::from_base64(body.public_key));
  MKT_TRY(const auto proof, proof_of(body.proof));
  MKT_TRY(const auto alias, alias_of(body.key_id));
  MKT_TRY(const auto endorsement, endorsement_of(body.endorsement));
  MKT_TRY(const KeyRecord record,
          add_key(market, request.caller, {id, {key, body.expires_at, alias}, proof, endorsement}));
  return json_response(201, key_message(record, market.now()).to_json());
}

Result<ReasonCode> reason_code_of(std::string_view word) {
  if (const auto code = parse_reason_code(word)) return *code;
  return Error(ErrorCode::invalid_request,
               "reasonCode must be superseded, cessation, compromised or unspecified",
               {{"reasonCode", "is unknown"}});
}

Result<Response> revoke(const Marketplace& market, Request& request) {
  MKT_TRY(const PublisherId id, PublisherId::parse(request.path_parameter("id")));
  MKT_TRY(const KeyName key_id, KeyName::parse(request.path_parameter("keyId")));
  MKT_CHECK(require_publisher_or_admin(request.caller, id));
  Findings wrong;
  MKT_TRY(const auto body, read_message<wire::KeyRevocation>(request, kMaxSmallBodyBytes, wrong));
  const auto code = wrong.take("reasonCode", reason_code_of(body.reason_code));
  MKT_CHECK(wrong.status());
  MKT_TRY(const RevocationOutcome outcome,
          revoke_key(market, request.caller,
                     {id, key_id, *code, body.reason, body.compromised_since, body.dry_run}));
  return json_response(200, revocation_message(outcome, market.now()).to_json());
}

}  // namespace

Result<std::optional<KeyName>> alias_of(const std::optional<std::string>& text) {
  if (!text) return std::optional<KeyName>();
  MKT_TRY(KeyName name, KeyName::parse(*text));
  return std::optional(std::move(name));
}

Result<std::optional<KeyProof>> proof_of(const std::optional<wire::KeyProofPart>& part) {
  if (!part) return std::optional<KeyProof>();
  const auto signature = parse_signature(part->signature);
  if (part->challenge.empty() || !signature) {
    return Error(ErrorCode::key_proof_invalid,
                 "proof must hold challenge, and signature as base64 of 64 bytes",
                 {{"proof", "is malformed"}});
  }
  return std::optional(KeyProof{part->challenge, *signature});
}

void add_key_routes(Router& router, const Marketplace& market) {
  router.section("Keys", "The keys that sign.");
  router.add("GET", "/v1/keys",
             Operation("listKeys", "List all keys, revoked ones too")
                 .query("since", "Only those that changed after this sequence.", "integer")
                 .answers<wire::KeyListing>()
                 .answers(304),
             [&market](Request& r) { return list(market, r); });
  const std::string base = "/v1/publishers/{id}";
  router.add("POST", base + "/challenges",
             Operation("challenge", "Get what a key signs to prove that it is there")
                 .always_open()
                 .answers<wire::ChallengeInfo>(201),
             [&](Request& r) { return challenge(market, r); });
  router.add("POST", base + "/keys",
             Operation("addKey", "Add a key to a publisher")
                 .for_tokens()
                 .takes<wire::NewKey>()
                 .answers<wire::KeyInfo>(201),
             [&](Request& r) { return add(market, r); });
  router.add("POST", base + "/keys/{keyId}/revoke",
             Operation("revokeKey", "Revoke a key, or tell what that would hit")
                 .for_tokens()
                 .takes<wire::KeyRevocation>()
                 .answers<wire::RevocationInfo>(),
             [&](Request& r) { return revoke(market, r); });
}

}  // namespace mkt
