// What keys may and what becomes of them; see keys.h.
#include "daemon/service/keys.h"

#include <fmt/format.h>

#include "common/base/encoding.h"
#include "common/signing/key_proof.h"
#include "daemon/rules/key_rules.h"
#include "daemon/service/reason.h"

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
  if (!key.verifies(endorsement_text(added.publisher, key, added.key.key), e.signature)) {
    return Error(ErrorCode::key_proof_invalid,
                 fmt::format("the endorsement is not a signature by {}", e.by.text()));
  }
  return {};
}

std::string older_id(std::string_view publisher, std::string_view public_key_base64) {
  return fmt::format("{}:{}", publisher,
                     older_fingerprint(public_key_base64).substr(0, KeyName::kOlderDigits));
}

// What is to be remembered of the alias: nothing where every key is known by that id anyway.
Result<std::string> alias_to_keep(const PublisherId& publisher, const NewKey& added,
                                  const KeyId& own) {
  if (!added.alias) return std::string();
  const std::string& text = added.alias->text();
  if (text == own.text() || text == older_id(publisher.text(), added.key.base64()))
    return std::string();
  if (!added.alias->as_id() && !added.alias->publisher_of_older_form()) return text;
  return Error(
      ErrorCode::invalid_request,
      fmt::format("\"{}\" has the form of a key's own id, and this key's is {}", text, own.text()),
      {{"keyId", "is the id of another key"}});
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
                                 const NewKey& added) {
  KeyRecord record;
  record.fingerprint = added.key.fingerprint();
  const KeyId own = KeyId::of(publisher, record.fingerprint);
  record.key_id = own.text();
  record.publisher_id = publisher.text();
  record.public_key = added.key.base64();
  record.created_at = market.now();
  record.expires_at = added.expires_at;
  if (added.expires_at && *added.expires_at <= record.created_at) {
    return Error(ErrorCode::invalid_request, "expiresAt is in the past",
                 {{"expiresAt", "is in the past"}});
  }
  MKT_TRY(record.alias, alias_to_keep(publisher, added, own));
  return record;
}

std::string older_key_id(const KeyRecord& key) {
  return older_id(key.publisher_id, key.public_key);
}

Result<KeyRecord> find_key(const Marketplace& market, const KeyName& name) {
  if (name.as_id()) {
    MKT_TRY(auto key, market.store.key(name.text()));
    if (key) return std::move(*key);
  } else if (const auto publisher = name.publisher_of_older_form()) {
    MKT_TRY(auto keys, market.store.keys_of(publisher->text()));
    std::erase_if(keys, [&](const KeyRecord& k) { return older_key_id(k) != name.text(); });
    if (keys.size() == 1) return std::move(keys[0]);
  } else {
    MKT_TRY(auto key, market.store.key_of_alias(name.text()));
    if (key) return std::move(*key);
  }
  return unknown_key(name.text());
}

Result<Signer> signer_of(const Marketplace& market, const Caller& caller,
                         const SignatureFile& signature) {
  MKT_CHECK(caller.signed_in() ? Status() : require_admin(caller));
  MKT_TRY(KeyRecord record, find_key(market, signature.key_id));
  MKT_TRY(const PublisherId owner, PublisherId::parse(record.publisher_id));
  if (caller.role == Role::publisher && !caller.is_publisher(owner)) {
    return Error(ErrorCode::key_foreign,
                 fmt::format("{} is a key of the publisher {}; you are {}", signature.key_id.text(),
                             owner.text(), caller.subject));
  }
  MKT_CHECK(require_publisher_or_admin(caller, owner));
  MKT_TRY(const auto publisher, market.store.publisher(owner.text()));
  const UtcTime now = market.now();
  MKT_CHECK(may_sign(record, publisher, now));
  const auto signed_at = parse_utc(signature.signed_at);
  if (signed_at && *signed_at > now + kMaxClockSkew) {
    return Error(ErrorCode::signature_in_future,
                 fmt::format("the signature was made on {}, it is {} here; set the clock and sign "
                             "again",
                             format_utc(*signed_at), format_utc(now)));
  }
  MKT_TRY(const PublicKey key, PublicKey::from_base64(record.public_key));
  return Signer{std::move(record), key};
}

Result<KeyRecord> add_key(const Marketplace& market, const Caller& caller, const AddedKey& added) {
  MKT_CHECK(require_publisher_or_admin(caller, added.publisher));
  if (added.proof) {
    MKT_CHECK(check_proof(market, added.publisher, added.key.key, *added.proof));
  } else if (!caller.is_admin()) {
    return Error(ErrorCode::key_proof_invalid,
                 "proof is missing: sign the registry's challenge with the new key",
                 {{"proof", "is missing"}});
  }
  MKT_TRY(KeyRecord record, new_key_record(market, added.publisher, added.key));
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
  MKT_CHECK(require_publisher_or_admin(caller, r.publisher));
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
  const auto key = find_key(market, r.key_id);
  if (!key || key->publisher_id != r.publisher.text()) {
    if (!key && key.error().code != ErrorCode::key_unknown) return key.error();
    return Error(ErrorCode::key_not_found,
                 fmt::format("{} is not a key of {}", r.key_id.text(), r.publisher.text()));
  }
  const Revocation revocation{key->key_id, r.code, r.reason, r.compromised_since, market.now()};
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
