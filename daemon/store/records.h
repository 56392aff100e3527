// What the store keeps, one struct a record. No SQL, no JSON of the wire.
//
// Times are UTC milliseconds; sizes are bytes. `seq` is the number of the change in the registry's
// own log (audit_log): the order of events that everything else goes by.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/utc_time.h"

namespace mkt {

enum class PublisherStatus { active, suspended, banned };
enum class KeyStatus { active, retired, revoked };
enum class Role { admin, publisher, tenant_admin, member, approver };
enum class RequestStatus { pending, approved, denied, expired, cancelled };
// Why a key was revoked; RFC 5280's reasons of the same names.
enum class ReasonCode { unspecified, superseded, cessation, compromised };

std::string_view publisher_status_name(PublisherStatus status);
std::string_view key_status_name(KeyStatus status);
std::string_view role_name(Role role);
std::string_view reason_code_name(ReasonCode code);
std::string_view request_status_name(RequestStatus status);
std::optional<PublisherStatus> parse_publisher_status(std::string_view text);
std::optional<KeyStatus> parse_key_status(std::string_view text);
std::optional<Role> parse_role(std::string_view text);
std::optional<ReasonCode> parse_reason_code(std::string_view text);
std::optional<RequestStatus> parse_request_status(std::string_view text);

// A client's own name for one POST, so that a retry of it changes nothing a second time. Whatever
// the request changes commits together with this key, at most once.
struct IdempotencyKey {
  std::string scope;  // whose key it is: a token's id
  std::string key;
  std::string request_hash;  // what tells it from another request; http/request_digest.h
  UtcTime at;
  UtcTime expires_at;
};

// Who asked for a change, from where and in which request: what the log keeps beside it.
struct Actor {
  std::string who;      // "admin", "publisher:acme", "system"
  std::string address;  // of the client
  std::string request_id;
  std::optional<IdempotencyKey> idempotency = {};
  // The token by which it was asked for; empty for what nobody asked for. A change commits only
  // while the token stands: one that is revoked during an upload ends it.
  std::string token_id = {};
};

struct PublisherRecord {
  std::string id;
  std::string display_name;
  std::string email;
  PublisherStatus status = PublisherStatus::active;
  bool verified = false;
  UtcTime created_at;
  std::string status_reason;
};

struct KeyRecord {
  std::string key_id;
  std::string publisher_id;
  std::string public_key;  // base64
  std::string fingerprint;
  KeyStatus status = KeyStatus::active;
  UtcTime created_at;
  std::optional<UtcTime> expires_at;
  std::optional<UtcTime> revoked_at;
  std::string reason_code;  // of ReasonCode; empty while the key is active
  std::string reason;
  std::string revoked_by;  // Actor::who
  // Of a compromised key: what was accepted with it at this seq or later is not to be trusted.
  std::optional<std::int64_t> compromised_seq;
  // The key that vouched for this one (common/signing/key_proof.h), and its signature in base64.
  std::string endorsed_by;
  std::string endorsement;
  std::int64_t added_seq = 0;
  // What the publisher called the key before (KeyName); empty where it has no such name. Unique
  // among all keys, for ever.
  std::string alias = {};
};

// All keys, with the number of the newest change to any of them.
struct KeyList {
  std::int64_t sequence = 0;
  std::vector<KeyRecord> keys;
};

struct ConnectorRecord {
  std::string id;
  std::string owner;
  std::string latest_version;
  std::string display_name;
  std::string description;
  std::string author;
  std::vector<std::string> capabilities;
  std::int64_t downloads = 0;
  UtcTime created_at;
  UtcTime updated_at;
};

// Stands among a version's policy classes when its manifest does not say what it may do, as older
// ones do not: people are asked, whatever the policy lists.
inline constexpr std::string_view kUnknownPolicyClass = "UNKNOWN";

struct VersionRecord {
  std::string connector_id;
  std::string version;
  std::string manifest;  // the JSON document, compact
  std::string checksum;  // "sha256:…"
  std::uint64_t size = 0;
  std::string signature;       // the signature file, compact
  std::string signing_key_id;  // the key's own id
  std::string signed_as;       // what the signature file calls it: the same, or an alias
  std::string key_fingerprint;
  UtcTime published_at;
  std::string published_by;  // publisher id
  std::int64_t downloads = 0;
  bool prerelease = false;
  bool deprecated = false;
  std::string deprecation_reason;
  bool quarantined = false;
  std::vector<std::string> capabilities;
  std::vector<std::string> policy_classes;  // of its tools, each once, or kUnknownPolicyClass
  std::int64_t seq = 0;                     // of its publishing
  std::int64_t signature_seq = 0;           // of accepting the signature that stands now
};

// A connector's page: all of one snapshot.
struct ConnectorWithVersions {
  ConnectorRecord connector;
  std::vector<VersionRecord> versions;  // newest first, without manifests
  std::string latest_manifest;          // JSON of the latest version's
};

// What a request for one version finds, of one snapshot.
struct VersionLookup {
  // Looked at only for "latest", and where there is no such version.
  std::optional<ConnectorRecord> connector;
  std::optional<VersionRecord> version;
};

struct CatalogCounts {
  std::int64_t connectors = 0;
  std::int64_t versions = 0;
  std::int64_t downloads = 0;
  std::int64_t active_keys = 0;
};

struct ConnectorCounts {
  std::string id;
  std::string latest_version;
  std::int64_t downloads = 0;
  std::int64_t versions = 0;
};

// What publishing brings; the store decides owner and latest version in the same transaction.
struct NewVersion {
  VersionRecord version;
  std::string display_name;
  std::string description;
  std::string author;
  std::vector<std::string> capabilities;
  std::vector<std::string> keywords;
};

struct TokenRecord {
  std::string id;    // public part of the token
  std::string hash;  // hex SHA-256 of the whole token
  std::string name;
  Role role = Role::member;
  std::string subject;  // the publisher or tenant; empty for admin
  UtcTime created_at;
  std::optional<UtcTime> expires_at;
  std::optional<UtcTime> last_used_at;
};

// A publisher that may publish new versions of a connector.
struct OwnerRecord {
  std::string publisher_id;
  UtcTime added_at;
};

struct Revocation {
  std::string key_id;
  ReasonCode code = ReasonCode::unspecified;
  std::string reason;
  // Of a compromised key; nullopt: everything it ever signed.
  std::optional<UtcTime> compromised_since;
  UtcTime at;
};

// A tenant's policy since `set_at`; the highest revision is in force.
struct PolicyRecord {
  std::string tenant_id;
  std::int64_t revision = 0;
  std::string document;  // JSON of common/wire/policy.h
  UtcTime set_at;
  std::string set_by;  // Actor::who
};

struct ApprovalRecord {
  std::string approver;
  UtcTime approved_at;
  // The approver's key and signature (common/signing/approval_proof.h); empty where unsigned.
  std::string key_id;
  std::string signature;
  std::string token_id;  // that said so; empty where an older mktd kept it
};

struct InstallRequestRecord {
  std::int64_t num = 0;  // rises with every request
  std::string id;
  std::string tenant_id;
  std::string connector_id;
  std::string version;
  std::string checksum;
  std::string config;  // JSON object, compact
  RequestStatus status = RequestStatus::pending;
  std::string requested_by;  // the person, as Caller::person
  UtcTime requested_at;
  UtcTime expires_at;
  // As the policy was when it was asked; a stricter one of now counts.
  unsigned min_approvals = 1;
  bool allow_self_approval = false;
  std::string rule;               // of the policy, that decided
  std::string explanation;        // the same for a person
  std::string installed_version;  // then; empty for none
  std::string installed_request;  // that had brought it
  bool deprecated = false;        // the version was, then
  std::optional<UtcTime> decided_at;
  std::string decided_by;
  std::string reason;  // of a denial
  std::vector<ApprovalRecord> approvals;
};

// What a tenant has installed; one version of a connector at a time.
struct InstallationRecord {
  std::string tenant_id;
  std::string connector_id;
  std::string version;
  std::string checksum;
  std::string config;
  std::string request_id;
  std::string installed_by;
  UtcTime installed_at;  // the connector's first version
  UtcTime updated_at;    // this version
};

// One step of an installation's history.
struct InstallationEvent {
  std::string action;  // install, update, uninstall
  std::string version;
  std::string previous_version;
  std::string request_id;
  std::string actor;
  UtcTime at;
};

struct NewInstallRequest {
  std::string request_id;  // for the request, should there be a new one
  std::string tenant_id;
  std::string connector_id;
  std::string version;
  std::optional<std::string> config;  // nullopt: as it is installed; {} where it is not
  std::string requested_by;
  UtcTime at;
};

struct InstallOutcome {
  enum class Kind { installed, already_installed, pending };
  Kind kind = Kind::pending;
  bool is_new = false;  // false: somebody asked before
  InstallRequestRecord request;
  std::optional<InstallationRecord> installation = {};
};

struct NewApproval {
  std::string tenant_id;
  std::string request_id;
  std::string approver;
  std::string key_id;
  std::string signature;
  UtcTime at;
  std::string token_id = {};
};

struct InstallRequestQuery {
  std::string tenant_id;
  std::optional<RequestStatus> status;
  std::string connector_id;                 // empty for all
  std::optional<std::int64_t> before = {};  // requests with a smaller num
  std::uint32_t limit = 50;
  UtcTime now;  // pending ones that ended before it count as expired
};

struct RevocationOutcome {
  KeyRecord key;
  bool changed = false;  // false: it was revoked already, as far as this asks for
  // The first kListed of each: versions that go into quarantine, without their manifests; and of
  // those what waits for approval, which is denied, and what is installed.
  std::vector<VersionRecord> hit = {};
  std::vector<InstallRequestRecord> requests = {};
  std::vector<InstallationRecord> installations = {};
  // How many there are of each.
  std::size_t hit_count = 0;
  std::size_t request_count = 0;
  std::size_t installation_count = 0;

  static constexpr std::size_t kListed = 100;
};

// The first answer to a POST with an Idempotency-Key; `status` 0 while it is not known.
struct FirstAnswer {
  std::string request_hash;
  int status = 0;
  std::string content_type;
  std::string body;
};

struct BlobTotals {
  std::int64_t blobs = 0;
  std::int64_t bytes = 0;
};

// One entry of the audit log.
struct LogEntry {
  std::int64_t seq = 0;
  UtcTime at;
  Actor actor;
  std::string action;   // "key.revoke"
  std::string subject;  // "acme:0123456789abcdef"
  std::string detail;
};

struct LogQuery {
  std::int64_t after = 0;  // entries with a greater seq
  std::optional<UtcTime> since;
  std::uint32_t limit = 100;
};

enum class SortBy { relevance, downloads, updated, name };

struct SearchQuery {
  std::string text;                       // words; empty for all
  std::vector<std::string> capabilities;  // any of these; empty for all
  std::vector<std::string> categories;    // any of these as capability or keyword
  SortBy sort_by = SortBy::relevance;
  bool descending = true;
  std::uint32_t page = 1;
  std::uint32_t page_size = 20;
};

struct SearchPage {
  std::vector<ConnectorRecord> connectors;
  std::uint64_t total = 0;
};

}  // namespace mkt
