// Publisher keys: which may sign, adding another, and following one with the next. Revoking is
// revoke.h.
//
// Whether a key may sign is decided by the registry's own clock and log, never by a time that a
// signer wrote (a thief would write an early one).
#pragma once

#include <string>
#include <vector>

#include "common/signing/key.h"
#include "common/signing/signature_file.h"
#include "daemon/service/marketplace.h"

namespace mkt {

// The answer to a challenge of the registry (common/signing/key_proof.h).
struct KeyProof {
  std::string challenge;
  Signature signature;
};

// key_proof_invalid.
Status check_proof(const Marketplace& market, const PublisherId& publisher, const PublicKey& key,
                   const KeyProof& proof);

// A key as it is to be registered.
struct NewKey {
  PublicKey key;
  std::optional<UtcTime> expires_at = {};
  // What the publisher's signature files call it, where that is not its own id.
  std::optional<KeyName> alias = {};
};

// invalid_request where it would have expired already, or where the alias has the form of another
// key's id.
Result<KeyRecord> new_key_record(const Marketplace& market, const PublisherId& publisher,
                                 const NewKey& added);

// The key of that name: its own id, the id that older clients derived, or its alias. key_unknown.
Result<KeyRecord> find_key(const Marketplace& market, const KeyName& name);

// Keys that changed after that number of the log.
Result<KeyList> list_keys_changed_since(const Marketplace& market, std::int64_t sequence);

// `<publisher>:` and 8 digits: the id that clients of the older protocol derive from a key.
std::string older_key_id(const KeyRecord& key);

struct Signer {
  KeyRecord record;
  PublicKey key;
};

// The key with which a signature may be accepted at this moment. unauthorized, forbidden,
// key_foreign where the key is not the caller's; key_unknown, key_revoked, key_retired,
// key_expired, publisher_suspended, publisher_banned; signature_in_future.
Result<Signer> signer_of(const Marketplace& market, const Caller& caller,
                         const SignatureFile& signature);

// Another key vouches for the new one; it may be retired in the same step: a rotation.
struct Endorsement {
  KeyId by;
  Signature signature;
  bool retires = false;
};

struct AddedKey {
  PublisherId publisher;
  NewKey key;
  std::optional<KeyProof> proof;  // an admin may vouch for a key without
  std::optional<Endorsement> endorsement;
};

// By the publisher or an admin. key_proof_invalid, key_exists, and those of signer_of for
// the endorsing key.
Result<KeyRecord> add_key(const Marketplace& market, const Caller& caller, const AddedKey& added);

// The inside of register_publisher and add_key: key_exists where any publisher has the key, or its
// alias.
Status require_new(const Records& records, const KeyRecord& key);
void insert_key(Change& change, const KeyRecord& key);

// Adds a key that was checked; an endorsing key must be able to sign now. publisher_not_found,
// publisher_suspended, publisher_banned, key_exists, key_foreign, and those of may_sign.
Status keep_key(const Marketplace& market, const Actor& actor, const KeyRecord& key,
                bool retires_endorser);

// Holds the publisher and its key; the key, where it may sign now.
Result<KeyRecord> hold_signer(const Records& records, std::string_view publisher_id,
                              std::string_view key_id, UtcTime now);

}  // namespace mkt
