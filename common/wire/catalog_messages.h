// The answers about connectors: versions, search, owners, publishing; see messages.h for what all
// have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/wire/members.h"

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
  bool quarantined = false;  // not given out
  // Why not: an admin's reason, where it is not the key's state; and that it was withdrawn.
  std::string quarantine_reason = {};
  std::optional<std::string> withdrawn_at = {};
  std::string withdrawal_code = {};
  std::string withdrawal_reason = {};
  // When the signature was accepted, in the registry's order of events (see KeyInfo).
  std::int64_t sequence = 0;

  MKT_MESSAGE(VersionInfo);
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
  std::string visibility = {};  // empty where everyone sees it

  // `versions` are strings and the objects stand in `versionDetails`; `parse` reads the earlier
  // form too.
  MKT_MESSAGE(ConnectorInfo);
  // For an mkt before 0.2, which looks for the objects in `versions`.
  Json to_earlier_json() const;
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
  bool quarantined = false;  // so is every version: none is given out

  MKT_MESSAGE(SearchHit);
};

// GET /v1/search
struct SearchResult {
  std::vector<SearchHit> connectors;
  std::uint64_t total = 0;
  std::uint64_t page = 1;
  std::uint64_t page_size = 0;
  bool has_more = false;

  MKT_MESSAGE(SearchResult);
};

struct OwnerInfo {
  std::string publisher_id;
  std::string added_at;

  MKT_MESSAGE(OwnerInfo);
};

// GET /v1/connectors/{id}/owners, and the answer to each change of them.
struct OwnerListing {
  std::vector<OwnerInfo> owners;

  MKT_MESSAGE(OwnerListing);
};

// The answer to a publish: the version, and what clients of the older protocol look for.
struct PublishedInfo : VersionInfo {
  std::string checksum;  // as the signature file spells it
  std::vector<std::string> warnings;

  MKT_MESSAGE(PublishedInfo);
};

// The answer to POST and DELETE /v1/connectors/{id}/{version}/deprecate.
struct DeprecationInfo : VersionInfo {
  std::string reason;

  MKT_MESSAGE(DeprecationInfo);
};

// The answer to PUT /v1/connectors/{id}/visibility
struct VisibilityInfo {
  std::string id;
  std::string visibility;

  MKT_MESSAGE(VisibilityInfo);
};

// A version that needs a connector.
struct DependantInfo {
  std::string id;
  std::string version;
  std::string range;

  MKT_MESSAGE(DependantInfo);
};

// GET /v1/connectors/{id}/dependants
struct DependantListing {
  std::vector<DependantInfo> dependants;

  MKT_MESSAGE(DependantListing);
};

// The answer to POST /v1/connectors, the older protocol's second step of an upload.
struct AnnouncedInfo {
  VersionInfo version;

  MKT_MESSAGE(AnnouncedInfo);
};

// The answer to POST /v1/connectors/{id}/{version}/download.
struct DownloadInfo {
  std::string id;
  std::string version;

  MKT_MESSAGE(DownloadInfo);
};

// GET /health, of the older protocol.
struct CatalogHealthInfo {
  std::int64_t connectors = 0;
  std::int64_t downloads = 0;

  MKT_MESSAGE(CatalogHealthInfo);
};

struct ConnectorCountsInfo {
  std::string id;
  std::int64_t versions = 0;
  std::int64_t downloads = 0;
  std::string latest_version;

  MKT_MESSAGE(ConnectorCountsInfo);
};

// GET /v1/stats
struct StatsInfo {
  std::int64_t connectors = 0;
  std::int64_t versions = 0;
  std::int64_t downloads = 0;
  std::int64_t active_keys = 0;
  std::vector<ConnectorCountsInfo> most_downloaded;

  MKT_MESSAGE(StatsInfo);
};

}  // namespace mkt::wire
