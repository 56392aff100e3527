// The answers about keys and publishers; see messages.h for what all have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/wire/catalog_messages.h"
#include "common/wire/install_messages.h"
#include "common/wire/members.h"

namespace mkt::wire {

struct KeyInfo {
  std::string key_id;
  std::string publisher_id;
  std::string public_key;  // base64 of 32 bytes
  std::string fingerprint;
  std::string status;  // active, expired, retired, revoked
  std::string created_at;
  std::optional<std::string> expires_at;
  std::optional<std::string> revoked_at;
  std::string reason_code;
  std::string reason;
  std::string revoked_by;
  // Of a compromised key: signatures accepted at this sequence or later are not to be trusted.
  std::optional<std::int64_t> compromised_sequence;
  // The key that vouches for this one and its signature over endorsement_text
  // (common/signing/key_proof.h); empty where there is none.
  std::string endorsed_by;
  std::string endorsement;
  std::int64_t added_sequence = 0;
  // Other names by which signature files call the key (KeyName).
  std::vector<std::string> aliases = {};

  MKT_MESSAGE(KeyInfo);
};

// GET /v1/keys
// With `since` only those that changed after that sequence. Sorted by key id.
struct KeyListing {
  std::int64_t sequence = 0;
  std::int64_t since = 0;
  std::vector<KeyInfo> keys;

  MKT_MESSAGE(KeyListing);
};

// GET /v1/publishers/{id}; without keys in the list of publishers.
struct PublisherInfo {
  std::string id;
  std::string display_name;
  std::string email;
  std::string status;
  std::string status_reason;
  bool verified = false;
  std::string created_at;
  std::vector<KeyInfo> keys;

  MKT_MESSAGE(PublisherInfo);
};

// GET /v1/publishers
struct PublisherListing {
  std::vector<PublisherInfo> publishers;

  MKT_MESSAGE(PublisherListing);
};

// A version that a publisher's key signed. `yours`: the token that asks now asked for it.
struct SigningInfo {
  std::int64_t sequence = 0;
  std::string time;
  std::string action;
  std::string connector_id;
  std::string version;
  std::string key_id;
  std::string actor;
  bool yours = false;

  MKT_MESSAGE(SigningInfo);
};

// GET /v1/publishers/{id}/signings
struct SigningListing {
  std::vector<SigningInfo> signings;
  bool has_more = false;

  MKT_MESSAGE(SigningListing);
};

// The answer to POST /v1/publishers. Where anyone may register, the publisher is given a token.
struct RegisteredInfo : PublisherInfo {
  std::optional<std::string> token;

  MKT_MESSAGE(RegisteredInfo);
};

// The answer to POST /v1/publishers/{id}/challenges: what a key signs to prove that its private
// half is there (common/signing/key_proof.h).
struct ChallengeInfo {
  std::string challenge;
  std::string expires_at;

  MKT_MESSAGE(ChallengeInfo);
};

struct RevocationCounts {
  std::uint64_t quarantined = 0;
  std::uint64_t requests = 0;
  std::uint64_t installations = 0;

  MKT_MESSAGE(RevocationCounts);
};

// POST /v1/publishers/{id}/keys/{keyId}/revoke
// The lists hold the first 100 at most; `counts` says how many there are.
struct RevocationInfo {
  KeyInfo key;
  bool changed = false;
  RevocationCounts counts;
  std::vector<VersionInfo> quarantined;  // versions that this hits
  // Of these versions: requests that are denied with it, and what tenants have installed, without
  // their configurations. For admins; to anybody else tenants are a number.
  std::vector<InstallRequestInfo> requests;
  std::vector<InstallationInfo> installations;

  MKT_MESSAGE(RevocationInfo);
};

}  // namespace mkt::wire
