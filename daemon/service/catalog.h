// Looking at what is published, and handing it out.
#pragma once

#include <string>
#include <vector>

#include "common/base/files.h"
#include "common/connector/version.h"
#include "daemon/service/marketplace.h"

namespace mkt {

// connector_not_found, version_not_found, for a person.
Error no_connector(std::string_view id);
Error no_version(std::string_view connector_id, std::string_view version);

// What a request for one version finds, of one snapshot.
struct VersionLookup {
  // Looked at only for "latest", and where there is no such version.
  std::optional<ConnectorRecord> connector;
  std::optional<VersionRecord> version;
};
VersionLookup find_version(const Records& records, std::string_view connector_id,
                           std::string_view which);

Result<SearchPage> search_connectors(const Marketplace& market, const SearchQuery& query);

// connector_not_found.
Result<ConnectorWithVersions> show_connector(const Marketplace& market, const ConnectorId& id);

// `which` is a version or "latest". connector_not_found, version_not_found.
Result<VersionRecord> show_version(const Marketplace& market, const ConnectorId& id,
                                   std::string_view which);

struct Tarball {
  VersionRecord version;
  UniqueFd file;
};

// Also version_quarantined: such a version is listed, but not handed out.
Result<Tarball> open_tarball(const Marketplace& market, const ConnectorId& id,
                             std::string_view which);

struct CatalogSummary {
  CatalogCounts counts;
  std::vector<ConnectorCounts> most_downloaded;  // at most `limit`
};
Result<CatalogCounts> count_catalog(const Marketplace& market);
Result<CatalogSummary> summarize_catalog(const Marketplace& market, std::uint32_t limit);

// Does a version name the tarball of that checksum?
Result<bool> is_named(Store& store, const Checksum& checksum);

// The latest version's label for the connector, chosen anew after a quarantine began or ended.
void choose_latest(Change& change, std::string_view connector_id);
// The same wherever the latest is in quarantine: an mktd before 0.2 let it stay.
Status leave_quarantined_latest(const Marketplace& market);

}  // namespace mkt
