// The messages that cross HTTP: one struct a message, written by `to_json`, read by `parse`.
//
// Names and shapes are those of the registry protocol (camelCase, times in RFC 3339 UTC, sizes in
// bytes); mkt-protocol(7) describes them. `parse` gives invalid_json, naming the field, when an
// answer is not of the protocol; fields it does not know are ignored. Values; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"
#include "common/wire/install_messages.h"

namespace mkt::wire {

// GET /v1/connectors/{id}/{version}; in a connector's list of versions without the manifest.
struct VersionInfo {
  std::string id;
  std::string version;
  std::optional<Json> manifest;
  std::string tarball_url;
  std::string tarball_checksum;
  std::uint64_t tarball_size = 0;
  std::string signature_url;
  std::string signing_key_id;  // as in the signature file: the key's own id or an alias
  // The key's own id, and its fingerprint; empty from registries that know no aliases.
  std::string key_id;
  std::string key_fingerprint;
  const std::string& own_key_id() const { return key_id.empty() ? signing_key_id : key_id; }
  std::string published_at;
  std::string published_by;
  std::int64_t downloads = 0;
  bool prerelease = false;
  bool deprecated = false;
  std::string deprecation_reason;
  bool quarantined = false;
  // When the signature was accepted, in the registry's order of events (see KeyInfo).
  std::int64_t sequence = 0;

  Json to_json() const;
  static Result<VersionInfo> parse(const Json& json);
};

// GET /v1/connectors/{id}
struct ConnectorInfo {
  std::string id;
  std::string latest_version;
  std::string display_name;
  std::string description;
  std::string author;
  std::string owner;
  std::vector<std::string> capabilities;
  std::int64_t downloads = 0;
  std::string created_at;
  std::string updated_at;
  std::vector<VersionInfo> versions;  // newest first
  // Of the latest version; empty where its manifest has none.
  std::string license = {};
  std::string repository_url = {};
  std::string documentation_url = {};

  // `versions` are strings and the objects stand in `versionDetails`.
  Json to_json() const;
  // For an mkt before 0.2, which looks for the objects in `versions`.
  Json to_earlier_json() const;
  // Reads either.
  static Result<ConnectorInfo> parse(const Json& json);
};

// One hit of GET /v1/search.
struct SearchHit {
  std::string id;
  std::string latest_version;
  std::string display_name;
  std::string description;
  std::string author;
  std::vector<std::string> capabilities;
  std::int64_t downloads = 0;
  std::string updated_at;

  Json to_json() const;
  static Result<SearchHit> parse(const Json& json);
};

// GET /v1/search
struct SearchResult {
  std::vector<SearchHit> connectors;
  std::uint64_t total = 0;
  std::uint64_t page = 1;
  std::uint64_t page_size = 0;
  bool has_more = false;

  Json to_json() const;
  static Result<SearchResult> parse(const Json& json);
};

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

  Json to_json() const;
  static Result<KeyInfo> parse(const Json& json);
};

// GET /v1/keys
// With `since` only those that changed after that sequence. Sorted by key id.
struct KeyListing {
  std::int64_t sequence = 0;
  std::int64_t since = 0;
  std::vector<KeyInfo> keys;

  Json to_json() const;
  static Result<KeyListing> parse(const Json& json);
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

  Json to_json() const;
  static Result<PublisherInfo> parse(const Json& json);
};

// GET /v1/tokens and, with `token` this once, the answer to POST /v1/tokens.
struct TokenInfo {
  std::string id;
  std::string name;
  std::string role;
  std::string subject;
  std::string created_at;
  std::optional<std::string> expires_at;
  std::optional<std::string> last_used_at;
  std::optional<std::string> token;

  Json to_json() const;
  static Result<TokenInfo> parse(const Json& json);
};

// POST /v1/publishers/{id}/keys/{keyId}/revoke
// The lists hold the first 100 at most; `counts` says how many there are.
struct RevocationInfo {
  struct Counts {
    std::uint64_t quarantined = 0;
    std::uint64_t requests = 0;
    std::uint64_t installations = 0;
  };
  KeyInfo key;
  bool changed = false;
  Counts counts;
  std::vector<VersionInfo> quarantined;  // versions that this hits
  // Of these versions: requests that are denied with it, and what tenants have installed, without
  // their configurations. For admins; to anybody else tenants are a number.
  std::vector<InstallRequestInfo> requests;
  std::vector<InstallationInfo> installations;

  Json to_json() const;
  static Result<RevocationInfo> parse(const Json& json);
};

// GET /v1/connectors/{id}/owners
struct OwnerInfo {
  std::string publisher_id;
  std::string added_at;

  Json to_json() const;
  static Result<OwnerInfo> parse(const Json& json);
};

// GET /v1/log
struct LogInfo {
  std::int64_t sequence = 0;
  std::string at;
  std::string actor;
  std::string address;
  std::string request_id;
  std::string action;
  std::string subject;
  std::string detail;              // for people
  Json document = Json::object();  // ids and values of the change

  Json to_json() const;
  static Result<LogInfo> parse(const Json& json);
};

// {error, code, message, details, requestId}. An answer that is no such document gives the error
// that its HTTP status stands for.
Error parse_error(int http_status, std::string_view body);

}  // namespace mkt::wire
