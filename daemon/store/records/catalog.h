// Catalog: connectors and their versions, as rows. A published version never changes its bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utc_time.h"
#include "daemon/store/hold.h"
#include "daemon/store/records/log.h"
#include "daemon/store/records/publishers.h"

namespace mkt {

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

// What a change must know of a connector.
struct ConnectorHead {
  std::string owner;
  std::string latest_version;
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
  std::string published_by;  // publisher id; never changes
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

// What a connector shows and is found by: what its latest version's manifest says.
struct ConnectorListing {
  std::string display_name;
  std::string description;
  std::string author;
  std::vector<std::string> capabilities;
  std::vector<std::string> keywords;
};

// What publishing brings.
struct NewVersion : ConnectorListing {
  VersionRecord version;
};

// A connector's page: all of one snapshot.
struct ConnectorWithVersions {
  ConnectorRecord connector;
  std::vector<VersionRecord> versions;  // newest first, without manifests
  std::string latest_manifest;          // JSON of the latest version's
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

struct BlobTotals {
  std::int64_t blobs = 0;
  std::int64_t bytes = 0;
};

// A connector as search sees it.
struct SearchDocument {
  std::string id;
  std::string display_name;
  std::string description;
  std::string author;
  std::vector<std::string> keywords;
  std::vector<std::string> capabilities;
  std::int64_t downloads = 0;
  UtcTime updated_at;
};

class Catalog {
 public:
  virtual ~Catalog() = default;

  virtual std::optional<ConnectorRecord> connector(std::string_view id,
                                                   Hold hold = Hold::none) const = 0;
  virtual std::optional<ConnectorHead> connector_head(std::string_view id,
                                                      Hold hold = Hold::none) const = 0;
  virtual std::optional<VersionRecord> version(std::string_view connector_id,
                                               std::string_view version,
                                               Hold hold = Hold::none) const = 0;
  // Without the manifest, the signature file, signed_as and key_fingerprint.
  virtual std::optional<VersionRecord> version_head(std::string_view connector_id,
                                                    std::string_view version,
                                                    Hold hold = Hold::none) const = 0;
  // A version_head and its publisher, held in this order: the publisher, the version.
  struct VersionWithPublisher {
    VersionRecord version;
    std::optional<PublisherRecord> publisher;
  };
  virtual std::optional<VersionWithPublisher> version_with_publisher(
      std::string_view connector_id, std::string_view version, Hold hold = Hold::none) const = 0;
  // Newest published first, without manifests and signature files. Held with their connector.
  virtual std::vector<VersionRecord> versions_of(std::string_view connector_id) const = 0;
  // Not in quarantine, whose signature by that key was accepted at that number or later. A change
  // that holds the key exclusive sees all there will be.
  virtual std::vector<VersionRecord> signed_since(std::string_view key_id,
                                                  std::int64_t seq) const = 0;
  // Holds those versions exclusive.
  virtual void hold_signed_since(std::string_view key_id, std::int64_t seq) const = 0;
  // Connectors whose latest version is in quarantine, by id.
  virtual std::vector<std::string> with_quarantined_latest() const = 0;

  virtual CatalogCounts counts() const = 0;
  virtual std::vector<ConnectorCounts> most_downloaded(std::uint32_t limit) const = 0;
  virtual bool names_blob(std::string_view checksum) const = 0;
  // Tarballs that versions name, each counted once; reads all of them.
  virtual BlobTotals blob_totals() const = 0;
  virtual void each_search_document(
      const std::function<void(const SearchDocument&)>& take) const = 0;
  virtual std::optional<SearchDocument> search_document(std::string_view id) const = 0;

  // `owner`, `latest_version` and the times are taken from `connector`, all else from `listing`.
  virtual void insert_connector(const ConnectorRecord& connector,
                                const ConnectorListing& listing) = 0;
  virtual void set_latest(std::string_view id, std::string_view latest_version,
                          const ConnectorListing& listing) = 0;
  virtual void set_updated(std::string_view id, UtcTime at) = 0;
  virtual void set_owner(std::string_view id, std::string_view publisher_id) = 0;
  virtual void insert_version(const VersionRecord& version, EntryRef published) = 0;
  // Writes signature, signing_key_id and quarantined.
  virtual void replace_signature(const VersionRecord& version, EntryRef accepted) = 0;
  virtual void quarantine(std::string_view connector_id, std::string_view version) = 0;
  // With a reason deprecated, without one not.
  virtual void set_deprecated(std::string_view connector_id, std::string_view version,
                              const std::optional<std::string>& reason) = 0;
  virtual void add_downloads(std::string_view connector_id, std::string_view version,
                             std::int64_t count) = 0;
};

}  // namespace mkt
