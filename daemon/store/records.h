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
enum class Role { admin, publisher, member, approver };
// Why a key was revoked; RFC 5280's reasons of the same names.
enum class ReasonCode { unspecified, superseded, cessation, compromised };

std::string_view publisher_status_name(PublisherStatus status);
std::string_view key_status_name(KeyStatus status);
std::string_view role_name(Role role);
std::string_view reason_code_name(ReasonCode code);
std::optional<PublisherStatus> parse_publisher_status(std::string_view text);
std::optional<KeyStatus> parse_key_status(std::string_view text);
std::optional<Role> parse_role(std::string_view text);
std::optional<ReasonCode> parse_reason_code(std::string_view text);

// Who asked for a change, from where and in which request: what the log keeps beside it.
struct Actor {
  std::string who;      // "admin", "publisher:acme", "system"
  std::string address;  // of the client
  std::string request_id;
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

struct VersionRecord {
  std::string connector_id;
  std::string version;
  std::string manifest;  // the JSON document, compact
  std::string checksum;  // "sha256:…"
  std::uint64_t size = 0;
  std::string signature;  // the signature file, compact
  std::string signing_key_id;
  UtcTime published_at;
  std::string published_by;  // publisher id
  std::int64_t downloads = 0;
  bool prerelease = false;
  bool deprecated = false;
  std::string deprecation_reason;
  bool quarantined = false;
  std::int64_t seq = 0;            // of its publishing
  std::int64_t signature_seq = 0;  // of accepting the signature that stands now
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

struct RevocationOutcome {
  KeyRecord key;
  bool changed = false;            // false: it was revoked already, as far as this asks for
  std::vector<VersionRecord> hit;  // versions that go into quarantine; without their manifests
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
