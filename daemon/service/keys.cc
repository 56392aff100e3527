// What keys may and what becomes of them; see keys.h.
#include "daemon/service/keys.h"

#include <fmt/format.h>

#include "common/base/encoding.h"
#include "common/signing/key_proof.h"
#include "daemon/service/reason.h"
#include "daemon/store/key_rules.h"

namespace mkt {
namespace {

// How far a signer's clock may be ahead of ours.
constexpr std::chrono::minutes kMaxClockSkew{10};

Status check_endorsement(const Marketplace& market, const AddedKey& added) {
  const Endorsement& e = *added.endorsement;
  if (e.by.publisher() != added.publisher) {
    return Error(ErrorCode::key_foreign,
                 fmt::format("{} is not a key of {}", e.by.text(), added.publisher.text()));
  }
  MKT_TRY(const auto endorser, market.store.key(e.by.text()));
  if (!endorser) return unknown_key(e.by.text());
  MKT_TRY(const PublicKey key, PublicKey::from_base64(endorser->public_key));
  if (!key.verifies(endorsement_text(added.publisher, key, added.key), e.signature)) {
    return Error(ErrorCode::key_proof_invalid,
                 fmt::format("the endorsement is not a signature by {}", e.by.text()));
  }
  return {};
}

}  // namespace

Status check_proof(const Marketplace& market, const PublisherId& publisher, const PublicKey& key,
                   const KeyProof& proof) {
  MKT_CHECK(market.challenges.check(proof.challenge, publisher, market.now()));
  if (key.verifies(possession_text(publisher, key, proof.challenge), proof.signature)) return {};
  return Error(ErrorCode::key_proof_invalid,
               "the challenge is not signed by the key that is to be registered");
}

Result<KeyRecord> new_key_record(const Marketplace& market, const PublisherId& publisher,
                                 const PublicKey& key, std::optional<UtcTime> expires_at) {
  KeyRecord record;
  record.fingerprint = key.fingerprint();
  record.key_id = KeyId::of(publisher, record.fingerprint).text();
  record.publisher_id = publisher.text();
  record.public_key = key.base64();
  record.created_at = market.now();
  record.expires_at = expires_at;
  if (expires_at && *expires_at <= record.created_at) {
    return Error(ErrorCode::invalid_request, "expiresAt is in the past",
                 {{"expiresAt", "is in the past"}});
  }
  return record;
}

Result<PublicKey> key_for_signature(const Marketplace& market, const Caller& caller,
                                    const SignatureFile& signature) {
  const KeyId& key_id = signature.key_id;
  if (caller.signed_in() && caller.role == Role::publisher &&
      caller.subject != key_id.publisher().text()) {
    return Error(ErrorCode::key_foreign,
                 fmt::format("{} is a key of the publisher {}; you are {}", key_id.text(),
                             key_id.publisher().text(), caller.subject));
  }
  MKT_CHECK(require_publisher_or_admin(caller, key_id.publisher()));
  MKT_TRY(const auto key, market.store.key(key_id.text()));
  if (!key) return unknown_key(key_id.text());
  MKT_TRY(const auto publisher, market.store.publisher(key->publisher_id));
  const UtcTime now = market.now();
  MKT_CHECK(may_sign(*key, publisher, now));
  const auto signed_at = parse_utc(signature.signed_at);
  if (signed_at && *signed_at > now + kMaxClockSkew) {
    return Error(ErrorCode::signature_in_future,
                 fmt::format("the signature was made on {}, it is {} here; set the clock and sign "
                             "again",
                             format_utc(*signed_at), format_utc(now)));
  }
  return PublicKey::from_base64(key->public_key);
}

Result<KeyRecord> add_key(const Marketplace& market, const Caller& caller, const AddedKey& added) {
  MKT_CHECK(require_publisher_or_admin(caller, added.publisher));
  MKT_CHECK(check_proof(market, added.publisher, added.key, added.proof));
  MKT_TRY(KeyRecord record, new_key_record(market, added.publisher, added.key, added.expires_at));
  bool retires = false;
  if (added.endorsement) {
    MKT_CHECK(check_endorsement(market, added));
    record.endorsed_by = added.endorsement->by.text();
    record.endorsement = to_base64(added.endorsement->signature);
    retires = added.endorsement->retires;
  }
  MKT_CHECK(market.store.add_key(record, retires, caller.actor()));
  return record;
}

Result<RevocationOutcome> revoke_key(const Marketplace& market, const Caller& caller,
                                     const RevocationRequest& r) {
  MKT_CHECK(require_publisher_or_admin(caller, r.key_id.publisher()));
  if (r.reason.empty() || r.reason.size() > kMaxReason) {
    return Error(ErrorCode::invalid_request,
                 fmt::format("reason must be a text of 1 to {} bytes", kMaxReason),
                 {{"reason", "is missing or too long"}});
  }
  if (r.compromised_since && r.code != ReasonCode::compromised) {
    return Error(ErrorCode::invalid_request,
                 "compromisedSince goes with the reason code compromised only",
                 {{"compromisedSince", "goes with compromised only"}});
  }
  const Revocation revocation{r.key_id.text(), r.code, r.reason, r.compromised_since, market.now()};
  MKT_TRY(RevocationOutcome outcome, r.dry_run
                                         ? market.store.preview_revocation(revocation)
                                         : market.store.revoke_key(revocation, caller.actor()));
  if (!caller.is_admin()) {
    outcome.requests.clear();
    outcome.installations.clear();
  }
  return outcome;
}

}  // namespace mkt
