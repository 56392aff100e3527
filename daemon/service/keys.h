// Publisher keys: which keys may sign, adding a key, and replacing one by the next. For revoking,
// see revoke.h.
//
// The registry's own clock and log decide whether a key may sign, never a time that a signer wrote:
// a thief would write an early one.
#pragma once

#include <string>
#include <vector>

#include "common/signing/key.h"
#include "common/signing/signature_file.h"
#include "daemon/service/marketplace.h"

namespace mkt {

// The answer to a challenge from the registry (common/signing/key_proof.h).
struct KeyProof {
  std::string challenge;
  Signature signature;
};

// key_proof_invalid.
Status check_proof(const Marketplace& market, const PublisherId& publisher, const PublicKey& key,
                   const KeyProof& proof);

// A key to register.
struct NewKey {
  PublicKey key;
  std::optional<UtcTime> expires_at = {};
  // The name in the publisher's signature files, where it is not the key's own id.
  std::optional<KeyName> alias = {};
};

// invalid_request where it would have expired already, or where the alias looks like another key's
// id.
Result<KeyRecord> new_key_record(const Marketplace& market, const PublisherId& publisher,
                                 const NewKey& added);

// Finds a key by its own id, by the id that older clients derive, or by its alias. key_unknown.
Result<KeyRecord> find_key(const Marketplace& market, const KeyName& name);

// Keys that changed after that number of the log.
Result<KeyList> list_keys_changed_since(const Marketplace& market, std::int64_t sequence);

// `<publisher>:` and 8 hex digits: the id that clients of the older protocol derive from a key.
std::string older_key_id(const KeyRecord& key);

struct Signer {
  KeyRecord record;
  PublicKey key;
};

// The key by which a signature may be accepted now. unauthorized, forbidden; key_foreign where the
// key is not the caller's; key_unknown, key_revoked, key_retired, key_expired, publisher_suspended,
// publisher_banned; signature_in_future.
Result<Signer> signer_of(const Marketplace& market, const Caller& caller,
                         const SignatureFile& signature);

// Another key endorses the new one. The change may also retire that key; this is a rotation.
struct Endorsement {
  KeyId by;
  Signature signature;
  bool retires = false;
};

struct AddedKey {
  PublisherId publisher;
  NewKey key;
  std::optional<KeyProof> proof;  // an admin may add a key without one
  std::optional<Endorsement> endorsement;
};

// For the publisher or an admin. key_proof_invalid, key_exists, and the errors of signer_of for the
// endorsing key.
Result<KeyRecord> add_key(const Marketplace& market, const Caller& caller, const AddedKey& added);

// Used in the changes of register_publisher and add_key. key_exists where any publisher has the key
// or its alias.
Status require_new(const Records& records, const KeyRecord& key);
void insert_key(Change& change, const KeyRecord& key);

// Adds a checked key; an endorsing key must be able to sign now. publisher_not_found,
// publisher_suspended, publisher_banned, key_exists, key_foreign, and the errors of may_sign.
Status keep_key(const Marketplace& market, const Actor& actor, const KeyRecord& key,
                bool retires_endorser);

// Holds the publisher and its key. Returns the key where it may sign now.
Result<KeyRecord> hold_signer(const Records& records, std::string_view publisher_id,
                              std::string_view key_id, UtcTime now);

}  // namespace mkt
