// Keys: the list that everybody checks signatures with, adding, revoking.
#include <fmt/format.h>

#include <limits>
#include <memory>
#include <mutex>

#include "daemon/http/byte_range.h"
#include "daemon/http/fields.h"
#include "daemon/http/key_fields.h"
#include "daemon/http/record_messages.h"
#include "daemon/http/routes.h"
#include "daemon/service/reason.h"

namespace mkt {
namespace {

// The answer to GET /v1/keys, kept until a key changes. It is right for as long as the store's
// sequence is the one it was made at. Larger ones than kMaxBytes are made anew each time.
class KeyListCache {
 public:
  static constexpr std::size_t kMaxBytes = 8 * 1024 * 1024;

  std::shared_ptr<const std::string> find(std::int64_t sequence) {
    const std::lock_guard lock(mutex_);
    return sequence_ == sequence ? body_ : nullptr;
  }
  void keep(std::int64_t sequence, std::shared_ptr<const std::string> body) {
    if (body->size() > kMaxBytes) return;
    const std::lock_guard lock(mutex_);
    sequence_ = sequence;
    body_ = std::move(body);
  }

 private:
  std::mutex mutex_;
  std::int64_t sequence_ = -1;               // guarded by mutex_
  std::shared_ptr<const std::string> body_;  // guarded by mutex_
};

Result<Response> list(const Marketplace& market, KeyListCache& cache, Request& request) {
  const Freshness fresh = market.store.freshness();
  const std::int64_t sequence = market.store.key_sequence();
  Response response;
  response.same_while = fresh;
  response.content_type = "application/json";
  response.headers.emplace_back("Cache-Control", "no-cache");
  const auto etag = [](std::int64_t s) { return fmt::format("\"keys-{}\"", s); };
  if (etag_matches(request.head.header("if-none-match"), etag(sequence))) {
    response.status = 304;
    response.headers.emplace_back("ETag", etag(sequence));
    return response;
  }
  MKT_TRY(const std::uint64_t since,
          number_parameter(request.head, "since", 0, 0, std::numeric_limits<std::int64_t>::max()));
  if (const auto kept = since == 0 ? cache.find(sequence) : nullptr) {
    response.shared_body = kept;
    response.headers.emplace_back("ETag", etag(sequence));
    return response;
  }
  MKT_TRY(const KeyList keys, market.store.keys_since(static_cast<std::int64_t>(since)));
  wire::KeyListing listing;
  listing.sequence = keys.sequence;
  listing.since = static_cast<std::int64_t>(since);
  for (const KeyRecord& key : keys.keys) listing.keys.push_back(key_message(key));
  response.shared_body = std::make_shared<const std::string>(dump_json(listing.to_json()));
  if (since == 0) cache.keep(keys.sequence, response.shared_body);
  response.headers.emplace_back("ETag", etag(keys.sequence));
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
  if (!proof) {
    return Error(ErrorCode::key_proof_invalid,
                 "proof is missing: sign the registry's challenge with the new key",
                 {{"proof", "is missing"}});
  }
  MKT_TRY(const auto expires_at, optional_time(json, "expiresAt"));
  MKT_TRY(const auto endorsement, endorsement_field(json));
  MKT_TRY(const KeyRecord record,
          add_key(market, request.caller, {id, key, *proof, expires_at, endorsement}));
  return json_response(201, key_message(record).to_json());
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
  MKT_TRY(const KeyId key_id, KeyId::parse(request.path_parameter("keyId")));
  if (key_id.publisher() != id) {
    return Error(ErrorCode::key_not_found,
                 fmt::format("{} is not a key of {}", key_id.text(), id.text()));
  }
  MKT_CHECK(require_publisher_or_admin(request.caller, id));
  MKT_TRY(const Json json, read_json_body(request, kMaxSmallBodyBytes));
  Findings wrong;
  const auto code = wrong.take("reasonCode", reason_code_field(json));
  const auto reason = wrong.take("reason", required_text(json, "reason", kMaxReason));
  const auto since = wrong.take("compromisedSince", optional_time(json, "compromisedSince"));
  const auto dry_run = wrong.take("dryRun", optional_flag(json, "dryRun"));
  MKT_CHECK(wrong.status());
  MKT_TRY(const RevocationOutcome outcome,
          revoke_key(market, request.caller, {key_id, *code, *reason, *since, *dry_run}));
  return json_response(200, revocation_message(outcome).to_json());
}

}  // namespace

Result<PublicKey> public_key_field(const Json& json) {
  return PublicKey::from_base64(text_member(json, "publicKey").value_or(""));
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
  const auto cache = std::make_shared<KeyListCache>();
  router.add("GET", "/v1/keys", [&market, cache](Request& r) { return list(market, *cache, r); });
  const std::string base = "/v1/publishers/{id}";
  router.add("POST", base + "/challenges", [&](Request& r) { return challenge(market, r); });
  router.add("POST", base + "/keys", [&](Request& r) { return add(market, r); });
  router.add("POST", base + "/keys/{keyId}/revoke", [&](Request& r) { return revoke(market, r); });
}

}  // namespace mkt
