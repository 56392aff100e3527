// Shows what is published, and opens the tarballs.
#pragma once

#include <string>
#include <vector>

#include "common/base/files.h"
#include "common/connector/version.h"
#include "daemon/service/marketplace.h"

namespace mkt {

// connector_not_found and version_not_found, with a message for a person.
Error no_connector(std::string_view id);
Error no_version(std::string_view connector_id, std::string_view version);

// The result of looking for one version, from one snapshot.
struct VersionLookup {
  // Read only for "latest", and where there is no such version.
  std::optional<ConnectorRecord> connector;
  std::optional<VersionRecord> version;
};
VersionLookup find_version(const Records& records, std::string_view connector_id,
                           std::string_view which);

// What the caller may not see does not exist for it (rules/visibility.h).

Result<SearchPage> search_connectors(const Marketplace& market, const Caller& caller,
                                     SearchQuery query);

// connector_not_found.
Result<ConnectorWithVersions> show_connector(const Marketplace& market, const Caller& caller,
                                             const ConnectorId& id);

// `which` is a version or "latest". connector_not_found, version_not_found.
Result<VersionRecord> show_version(const Marketplace& market, const Caller& caller,
                                   const ConnectorId& id, std::string_view which);

struct Tarball {
  VersionRecord version;
  UniqueFd file;
};

// Also version_quarantined and version_withdrawn: such a version is listed, but its tarball is not
// given out.
Result<Tarball> open_tarball(const Marketplace& market, const Caller& caller, const ConnectorId& id,
                             std::string_view which);

struct CatalogSummary {
  CatalogCounts counts;
  std::vector<ConnectorCounts> most_downloaded;  // at most `limit`
};
// Of what everyone may see; for an admin of everything.
Result<CatalogCounts> count_catalog(const Marketplace& market, const Caller& caller);
Result<CatalogSummary> summarize_catalog(const Marketplace& market, const Caller& caller,
                                         std::uint32_t limit);

// Versions that need the connector and that the caller sees, by connector, newest first; of one
// connector at most `each`. connector_not_found.
Result<std::vector<DependantRecord>> list_dependants(const Marketplace& market,
                                                     const Caller& caller, const ConnectorId& id,
                                                     std::uint32_t each);

// The newest version of each connector that takes this version; at most 1000. Of each connector its
// 100 newest versions that need this connector are asked, and 10,000 in all. connector_not_found.
Result<std::vector<DependantRecord>> list_dependants_on(const Marketplace& market,
                                                        const Caller& caller, const ConnectorId& id,
                                                        std::string_view version);

// Does a version that was not withdrawn have the tarball with that checksum?
Result<bool> is_named(Store& store, const Checksum& checksum);

// Chooses the connector's latest version again, after a quarantine began or ended.
void choose_latest(Change& change, std::string_view connector_id);
// The same for every connector whose latest is in quarantine: an mktd before 0.2 left it there.
Status leave_quarantined_latest(const Marketplace& market);

}  // namespace mkt
