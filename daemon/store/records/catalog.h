// Catalog: connectors and their versions, as rows. The bytes of a published version never change.
#pragma once

#include <cstdint>
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
  std::vector<std::string> visible_to;  // tenants; empty: everyone
  bool quarantined = false;             // the latest version, and so all: none is given out
};

// What a change needs to know about a connector.
struct ConnectorHead {
  std::string owner;
  std::string latest_version;
  std::vector<std::string> visible_to;
};

// The policy class of a version whose manifest does not say what its tools may do, as in older
// manifests. People are then asked, whatever the policy says.
inline constexpr std::string_view kUnknownPolicyClass = "UNKNOWN";

struct VersionRecord {
  std::string connector_id;
  std::string version;
  std::string manifest;  // the JSON document, compact
  std::string checksum;  // "sha256:…"
  std::uint64_t size = 0;
  std::string signature;       // the signature file, compact
  std::string signing_key_id;  // the key's own id
  std::string signed_as;       // the name in the signature file: the same, or an alias
  std::string key_fingerprint;
  UtcTime published_at;
  std::string published_by;  // publisher id; never changes
  std::int64_t downloads = 0;
  bool prerelease = false;
  bool deprecated = false;
  std::string deprecation_reason;
  // Listed and explained, but not given out: its key was compromised, an admin said so, or it was
  // withdrawn.
  bool quarantined = false;
  std::vector<std::string> capabilities;
  std::vector<std::string> policy_classes;  // of its tools, each once; or kUnknownPolicyClass
  std::int64_t seq = 0;                     // of its publication
  std::int64_t signature_seq = 0;           // of the acceptance of the current signature
  std::vector<std::string> visible_to;      // as its connector's
  std::string quarantine_reason;            // an admin's; empty where no admin put it there
  // For ever: the number is taken, and the bytes are gone.
  std::optional<UtcTime> withdrawn_at;
  std::string withdrawal_code;
  std::string withdrawal_reason;
};

// A version that depends on a connector.
struct DependantRecord {
  std::string connector_id;
  std::string version;
  std::string range;  // of versions of that connector
  std::vector<std::string> visible_to;
};

// A signature that stands, by a publisher's key, and the entry of the log that tells of it.
struct SigningRecord {
  std::string connector_id;
  std::string version;
  std::string key_id;
  std::int64_t seq = 0;  // of the entry
  UtcTime at;
  std::string action;  // "version.publish" or "version.countersign"
  std::string actor;
};

// What a connector shows and what search finds it by, from its latest version's manifest.
struct ConnectorListing {
  std::string display_name;
  std::string description;
  std::string author;
  std::vector<std::string> capabilities;
  std::vector<std::string> keywords;
};

// A connector that a version needs.
struct DependencyRecord {
  std::string connector_id;
  std::string range;
};

// The rows that publishing adds.
struct NewVersion : ConnectorListing {
  VersionRecord version;
  std::vector<DependencyRecord> dependencies = {};
  bool says_visible_to = false;  // whoever publishes it says whom the connector is visible to
};

// A connector's page, from one snapshot.
struct ConnectorWithVersions {
  ConnectorRecord connector;
  std::vector<VersionRecord> versions;  // newest first, without manifests
  std::string latest_manifest;          // the latest version's, as JSON
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
  // Without the manifest, the signature file, signed_as and key_fingerprint. Held, what it is
  // visible to is held, too.
  virtual std::optional<VersionRecord> version_head(std::string_view connector_id,
                                                    std::string_view version,
                                                    Hold hold = Hold::none) const = 0;
  // The result of version_head and its publisher, held in the order publisher, version.
  struct VersionWithPublisher {
    VersionRecord version;
    std::optional<PublisherRecord> publisher;
  };
  virtual std::optional<VersionWithPublisher> version_with_publisher(
      std::string_view connector_id, std::string_view version, Hold hold = Hold::none) const = 0;
  // Newest first, without manifests and signature files. Held with their connector.
  virtual std::vector<VersionRecord> versions_of(std::string_view connector_id) const = 0;
  // Versions not in quarantine whose signature by that key was accepted at `seq` or later. A change
  // that holds the key exclusively sees all there will ever be.
  virtual std::vector<VersionRecord> signed_since(std::string_view key_id,
                                                  std::int64_t seq) const = 0;
  // Holds those versions exclusively.
  virtual void hold_signed_since(std::string_view key_id, std::int64_t seq) const = 0;
  // By any key of the publisher, of entries after that one; the newest first.
  virtual std::vector<SigningRecord> signed_as(std::string_view publisher_id, std::int64_t after,
                                               std::uint32_t limit) const = 0;
  // Versions that depend on the connector and can be had, by connector, newest first; of one
  // connector at most `each`, of all at most `limit`.
  virtual std::vector<DependantRecord> dependants_of(std::string_view id, std::uint32_t each,
                                                     std::uint32_t limit) const = 0;

  // Does a version that was not withdrawn have it?
  virtual bool names_blob(std::string_view checksum) const = 0;
  // Takes `owner`, `latest_version` and the times from `connector`, everything else from `listing`.
  virtual void insert_connector(const ConnectorRecord& connector,
                                const ConnectorListing& listing) = 0;
  virtual void set_latest(std::string_view id, std::string_view latest_version,
                          const ConnectorListing& listing) = 0;
  virtual void set_updated(std::string_view id, UtcTime at) = 0;
  virtual void set_owner(std::string_view id, std::string_view publisher_id) = 0;
  virtual void set_visible_to(std::string_view id, const std::vector<std::string>& tenants) = 0;
  virtual void insert_version(const VersionRecord& version, EntryRef published) = 0;
  virtual void insert_dependency(const VersionRecord& version,
                                 const DependencyRecord& dependency) = 0;
  virtual void set_version_visible_to(std::string_view connector_id, std::string_view version,
                                      const std::vector<std::string>& tenants) = 0;
  // Writes signature, signing_key_id and quarantined.
  virtual void replace_signature(const VersionRecord& version, EntryRef accepted) = 0;
  // Writes quarantined and quarantine_reason.
  virtual void set_quarantine(const VersionRecord& version) = 0;
  // Writes quarantined and what says that it was withdrawn.
  virtual void set_withdrawn(const VersionRecord& version) = 0;
  // Deprecated with a reason, not deprecated without one.
  virtual void set_deprecated(std::string_view connector_id, std::string_view version,
                              const std::optional<std::string>& reason) = 0;
  virtual void add_downloads(std::string_view connector_id, std::string_view version,
                             std::int64_t count) = 0;
};

}  // namespace mkt
