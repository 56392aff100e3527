// What clients send: one struct a body, written by `to_json` and read by `read`.
//
// Names and shapes are those of mkt-protocol(7). `read` takes what it can and collects what is
// wrong with the rest (request_reader.h); what a name, a key or a version may be is parsed by who
// handles the request. Values; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/utc_time.h"
#include "common/wire/members.h"

namespace mkt::wire {

// Characters.
inline constexpr std::size_t kMaxReason = 500;
inline constexpr std::size_t kMaxTokenName = 128;
inline constexpr std::size_t kMaxSubject = 64;  // as long as a name may be
inline constexpr std::size_t kMaxDisplayName = 128;
inline constexpr std::size_t kMaxEmail = 254;  // RFC 5321's path, less its angle brackets

// POST /v1/tokens
struct NewToken {
  std::string name;
  std::string role;
  std::string subject;  // the publisher or the tenant; empty for admins
  std::optional<UtcTime> expires_at;
  // What it may do less than its role.
  std::optional<bool> read_only = {};
  std::vector<std::string> connectors = {};  // patterns
  std::vector<std::string> from = {};        // address ranges

  MKT_REQUEST(NewToken);
};

// That who registers a key has its private half (common/signing/key_proof.h).
struct KeyProofPart {
  std::string challenge;
  std::string signature;  // base64

  MKT_REQUEST(KeyProofPart);
};

// An active key of the publisher vouches for the new one.
struct EndorsementPart {
  std::string by;         // its key id
  std::string signature;  // base64
  bool retires = false;   // the endorsing key, in the same step

  MKT_REQUEST(EndorsementPart);
};

// POST /v1/publishers
struct NewPublisher {
  std::string id;
  std::string display_name;
  std::string email;
  std::string public_key;  // base64 of 32 bytes
  std::optional<UtcTime> expires_at;
  std::optional<std::string> key_id;  // what the publisher's signature files call the key
  std::optional<KeyProofPart> proof;

  MKT_REQUEST(NewPublisher);
};

// PATCH /v1/publishers/{id}: either `status`, with a reason, or `verified`.
struct PublisherChange {
  std::optional<std::string> status = {};
  std::string reason = {};
  std::optional<bool> verified = {};

  MKT_REQUEST(PublisherChange);
};

// POST /v1/publishers/{id}/keys
struct NewKey {
  std::string public_key;
  std::optional<UtcTime> expires_at;
  std::optional<std::string> key_id;
  std::optional<KeyProofPart> proof;
  std::optional<EndorsementPart> endorsement;

  MKT_REQUEST(NewKey);
};

// POST /v1/publishers/{id}/keys/{keyId}/revoke
struct KeyRevocation {
  std::string reason_code;
  std::string reason;
  std::optional<UtcTime> compromised_since;
  bool dry_run = false;  // only tell what it would hit

  MKT_REQUEST(KeyRevocation);
};

// POST /v1/connectors/{id}/{version}/deprecate
struct Deprecation {
  std::string reason;

  MKT_REQUEST(Deprecation);
};

// PUT /v1/connectors/{id}/visibility
struct VisibilityChange {
  std::string visibility;  // as common/connector/visibility.h has it

  MKT_REQUEST(VisibilityChange);
};

// POST /v1/connectors/{id}/{version}/quarantine and …/release
struct QuarantineChange {
  std::string reason;

  MKT_REQUEST(QuarantineChange);
};

// POST /v1/connectors/{id}/{version}/withdraw
struct WithdrawalWish {
  std::string reason_code;
  std::string reason;
  std::optional<bool> dry_run = {};

  MKT_REQUEST(WithdrawalWish);
};

// POST /v1/connectors, of the older protocol.
struct Announcement {
  std::string connector_id;
  std::string version;
  std::string tarball_checksum;

  MKT_REQUEST(Announcement);
};

// POST /v1/tenants/{t}/installs; PATCH of one without `connectorId`.
struct InstallWish {
  std::string connector_id;
  std::optional<std::string> version;  // none: the latest
  std::optional<Json> config;          // an object

  MKT_REQUEST(InstallWish);
};

struct InstallUpdate {
  std::optional<std::string> version;
  std::optional<Json> config;

  MKT_REQUEST(InstallUpdate);
};

// The signature of a signed approval (common/signing/key_proof.h).
struct ApprovalSignaturePart {
  std::string key_id;
  std::string signature;  // base64

  MKT_REQUEST(ApprovalSignaturePart);
};

// POST …/install-requests/{id}/approve; the body may be left out.
struct Approval {
  std::optional<ApprovalSignaturePart> signature;

  MKT_REQUEST(Approval);
};

// POST …/install-requests/{id}/deny
struct Denial {
  std::string reason;

  MKT_REQUEST(Denial);
};

// PUT /v1/tenants/{t}/policy. `revision` is the one that the caller has read; without it the policy
// is set whatever is there.
struct PolicyChange {
  Json policy;  // null where it is missing; the handler parses it (policy.h)
  std::optional<std::int64_t> revision;

  MKT_REQUEST(PolicyChange);
};

}  // namespace mkt::wire
