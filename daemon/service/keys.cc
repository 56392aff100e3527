#include "daemon/service/keys.h"

#include <fmt/format.h>

#include "common/base/encoding.h"
#include "common/signing/key_proof.h"
#include "daemon/rules/key_rules.h"

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
  MKT_TRY(const auto endorser,
          market.read([&](const Records& records) { return records.keys().find(e.by.text()); }));
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

// The alias to store: empty where every key has that alias anyway.
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
  return market.read([&](const Records& records) -> Result<KeyRecord> {
    std::optional<KeyRecord> key;
    if (name.as_id()) {
      key = records.keys().find(name.text());
    } else if (const auto publisher = name.publisher_of_older_form()) {
      auto keys = records.keys().of_publisher(publisher->text());
      std::erase_if(keys, [&](const KeyRecord& k) { return older_key_id(k) != name.text(); });
      if (keys.size() == 1) key = std::move(keys[0]);
    } else {
      key = records.keys().find_by_alias(name.text());
    }
    if (!key) return unknown_key(name.text());
    return std::move(*key);
  });
}

Result<KeyList> list_keys_changed_since(const Marketplace& market, std::int64_t sequence) {
  return market.read(
      [&](const Records& records) { return records.keys().changed_since(sequence); });
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
  MKT_TRY(const auto publisher, market.read([&](const Records& records) {
    return records.publishers().find(owner.text());
  }));
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

Status require_new(const Records& records, const KeyRecord& k) {
  if (const auto other = k.alias.empty() ? std::nullopt : records.keys().find_by_alias(k.alias)) {
    return Error(ErrorCode::key_exists,
                 fmt::format("\"{}\" is an alias of the key {} already; an alias stays with its "
                             "key for ever, so choose another",
                             k.alias, other->key_id));
  }
  const auto other = records.keys().id_of_fingerprint(k.fingerprint);
  if (!other) return {};
  return Error(ErrorCode::key_exists,
               fmt::format("this key is registered already, as {}; make another: mkt key generate "
                           "--publisher {}",
                           *other, k.publisher_id));
}

void insert_key(Change& change, const KeyRecord& k) {
  Json document{{"publisher", k.publisher_id}, {"keyId", k.key_id}, {"publicKey", k.public_key}};
  if (k.expires_at) document["expiresAt"] = format_utc(*k.expires_at);
  if (!k.endorsed_by.empty()) {
    document["endorsedBy"] = k.endorsed_by;
    document["endorsement"] = k.endorsement;
  }
  change.records().keys().insert(k, change.log("key.add", k.key_id, document));
}

Result<KeyRecord> hold_signer(const Records& records, std::string_view publisher_id,
                              std::string_view key_id, UtcTime now) {
  const auto publisher = records.publishers().find(publisher_id, Hold::shared);
  auto key = records.keys().find(key_id, Hold::shared);
  if (!key || key->publisher_id != publisher_id) return unknown_key(key_id);
  MKT_CHECK(may_sign(*key, publisher, now));
  return std::move(*key);
}

namespace {

// The endorsing key after another key has replaced it.
KeyRecord retired(KeyRecord key, const Change& change) {
  key.status = KeyStatus::retired;
  key.reason_code = reason_code_name(ReasonCode::superseded);
  key.revoked_at = change.at();
  key.revoked_by = change.actor().who;
  return key;
}

Status decide_to_add(Change& change, const KeyRecord& k, bool retires_endorser) {
  Records& records = change.records();
  const auto publisher = records.publishers().find(k.publisher_id, Hold::exclusive);
  if (!publisher) return no_publisher(k.publisher_id);
  MKT_CHECK(may_publish(*publisher));
  MKT_CHECK(require_new(records, k));
  std::optional<KeyRecord> endorser;
  if (!k.endorsed_by.empty()) {
    endorser = records.keys().find(k.endorsed_by, Hold::exclusive);
    if (!endorser) return unknown_key(k.endorsed_by);
    if (endorser->publisher_id != k.publisher_id) {
      return Error(ErrorCode::key_foreign,
                   fmt::format("{} is not a key of {}", k.endorsed_by, k.publisher_id));
    }
    MKT_CHECK(may_sign(*endorser, publisher, change.at()));
  }
  insert_key(change, k);
  if (!retires_endorser || !endorser) return {};
  const EntryRef entry = change.log("key.retire", endorser->key_id,
                                    {{"publisher", endorser->publisher_id},
                                     {"keyId", endorser->key_id},
                                     {"publicKey", endorser->public_key},
                                     {"successor", k.key_id}});
  records.keys().end(retired(*endorser, change), entry);
  return {};
}

}  // namespace

Status keep_key(const Marketplace& market, const Actor& actor, const KeyRecord& key,
                bool retires_endorser) {
  return market.change(actor, key.created_at, Touches::of_keys(), [&](Change& change) {
    return decide_to_add(change, key, retires_endorser);
  });
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
  MKT_CHECK(keep_key(market, caller.actor(), record, retires));
  return record;
}

}  // namespace mkt
