#include "daemon/service/catalog.h"

#include <fmt/format.h>

#include "common/base/utf8.h"
#include "common/connector/manifest.h"
#include "daemon/rules/dependants.h"
#include "daemon/rules/install_rules.h"
#include "daemon/rules/latest.h"
#include "daemon/service/visibility.h"

namespace mkt {
namespace {

constexpr std::uint32_t kMaxDependants = 1'000;
// Of a version: so many of a connector's newest are asked whether they take it, and so many in all.
constexpr std::uint32_t kAskedOfEach = 100;
constexpr std::uint32_t kAskedInAll = 10'000;

CatalogCounts counts_for(const Overview& overview, bool is_admin) {
  CatalogCounts counts = overview.counts();
  if (is_admin) return counts;
  const CatalogCounts hidden = overview.hidden_counts();
  counts.connectors -= hidden.connectors;
  counts.versions -= hidden.versions;
  counts.downloads -= hidden.downloads;
  return counts;
}

// What was not found is no secret.
std::vector<std::string> audience_of(const VersionLookup& found) {
  if (found.version) return found.version->visible_to;
  return found.connector ? found.connector->visible_to : std::vector<std::string>();
}

// The connector's listing, from its latest version's manifest.
ConnectorListing listing_of(const std::string& manifest_text) {
  ConnectorListing listing;
  const auto manifest = Manifest::parse_older(manifest_text);
  if (!manifest) return listing;
  listing.display_name = manifest->display_name();
  listing.description = manifest->description();
  listing.author = manifest->author();
  listing.capabilities = manifest->capabilities();
  listing.keywords = manifest->keywords();
  return listing;
}

// By connector, newest first.
Result<std::vector<DependantRecord>> seen_dependants(const Marketplace& market,
                                                     const Caller& caller, const ConnectorId& id,
                                                     std::uint32_t each, std::uint32_t limit) {
  return market.read([&](const Records& records) -> Result<std::vector<DependantRecord>> {
    const auto head = records.catalog().connector_head(id.text());
    if (!head || !may_see(records, caller, id.text(), head->visible_to)) {
      return no_connector(id.text());
    }
    auto dependants = records.catalog().dependants_of(id.text(), each, limit);
    std::erase_if(dependants, [&](const DependantRecord& d) {
      return !may_see(records, caller, d.connector_id, d.visible_to);
    });
    return dependants;
  });
}

}  // namespace

Error no_connector(std::string_view id) {
  return Error(ErrorCode::connector_not_found,
               fmt::format("there is no connector {0}; look for one: mkt search {0}", id));
}

Error no_version(std::string_view connector_id, std::string_view version) {
  return Error(ErrorCode::version_not_found,
               fmt::format("there is no {}@{}", connector_id, version));
}

Result<SearchPage> search_connectors(const Marketplace& market, const Caller& caller,
                                     SearchQuery query) {
  query.viewer = viewer_of(caller);
  return market.views.search.search(query);
}

VersionLookup find_version(const Records& records, std::string_view connector_id,
                           std::string_view which) {
  const Catalog& catalog = records.catalog();
  VersionLookup found;
  if (which != "latest") found.version = catalog.version(connector_id, which);
  if (found.version) return found;
  found.connector = catalog.connector(connector_id);
  if (found.connector && which == "latest") {
    found.version = catalog.version(connector_id, found.connector->latest_version);
  }
  return found;
}

Result<ConnectorWithVersions> show_connector(const Marketplace& market, const Caller& caller,
                                             const ConnectorId& id) {
  return market.read([&](const Records& records) -> Result<ConnectorWithVersions> {
    const Catalog& catalog = records.catalog();
    auto connector = catalog.connector(id.text());
    if (!connector || !may_see(records, caller, id.text(), connector->visible_to)) {
      return no_connector(id.text());
    }
    const auto latest = catalog.version(id.text(), connector->latest_version);
    return ConnectorWithVersions{std::move(*connector), catalog.versions_of(id.text()),
                                 latest ? latest->manifest : std::string()};
  });
}

Result<VersionRecord> show_version(const Marketplace& market, const Caller& caller,
                                   const ConnectorId& id, std::string_view which) {
  MKT_TRY(auto found, market.read([&](const Records& records) {
    VersionLookup lookup = find_version(records, id.text(), which);
    const bool seen = may_see(records, caller, id.text(), audience_of(lookup));
    return seen ? std::move(lookup) : VersionLookup();
  }));
  if (found.version) return std::move(*found.version);
  if (!found.connector) return no_connector(id.text());
  return Error(ErrorCode::version_not_found,
               fmt::format("{} has no version {}; its latest is {}", id.text(),
                           printable(which.substr(0, Version::kMaxLength)),
                           found.connector->latest_version));
}

Result<Tarball> open_tarball(const Marketplace& market, const Caller& caller, const ConnectorId& id,
                             std::string_view which) {
  MKT_TRY(VersionRecord version, show_version(market, caller, id, which));
  MKT_CHECK(may_be_had(version));
  MKT_TRY(const Checksum checksum, Checksum::parse(version.checksum));
  MKT_TRY(UniqueFd file, market.blobs.open_blob(checksum, version.size));
  return Tarball{std::move(version), std::move(file)};
}

Result<CatalogCounts> count_catalog(const Marketplace& market, const Caller& caller) {
  return market.read(
      [&](const Records& records) { return counts_for(records.overview(), caller.is_admin()); });
}

Result<CatalogSummary> summarize_catalog(const Marketplace& market, const Caller& caller,
                                         std::uint32_t limit) {
  const bool is_admin = caller.is_admin();
  return market.read([&](const Records& records) {
    return CatalogSummary{counts_for(records.overview(), is_admin),
                          records.overview().most_downloaded(limit, is_admin)};
  });
}

Result<std::vector<DependantRecord>> list_dependants(const Marketplace& market,
                                                     const Caller& caller, const ConnectorId& id,
                                                     std::uint32_t each) {
  return seen_dependants(market, caller, id, each, kMaxDependants);
}

Result<std::vector<DependantRecord>> list_dependants_on(const Marketplace& market,
                                                        const Caller& caller, const ConnectorId& id,
                                                        std::string_view version) {
  MKT_TRY(const auto asked, seen_dependants(market, caller, id, kAskedOfEach, kAskedInAll));
  std::vector<DependantRecord> newest;
  for (const DependantRecord& d : asked) {
    if (!newest.empty() && newest.back().connector_id == d.connector_id) continue;
    if (may_choose(d, version)) newest.push_back(d);
    if (newest.size() == kMaxDependants) break;
  }
  return newest;
}

Result<bool> is_named(Store& store, const Checksum& checksum) {
  return read_from(
      store, [&](const Records& records) { return records.catalog().names_blob(checksum.text()); });
}

void choose_latest(Change& change, std::string_view connector_id) {
  Catalog& catalog = change.records().catalog();
  const auto head = catalog.connector_head(connector_id, Hold::exclusive);
  if (!head) return;
  const auto all = catalog.versions_of(connector_id);
  const VersionRecord* latest = latest_of(all);
  if (latest == nullptr || latest->version == head->latest_version) return;
  const auto whole = catalog.version(connector_id, latest->version);
  catalog.set_latest(connector_id, latest->version,
                     listing_of(whole ? whole->manifest : std::string()));
}

Status leave_quarantined_latest(const Marketplace& market) {
  MKT_TRY(const auto ids, market.read([](const Records& records) {
    return records.overview().with_quarantined_latest();
  }));
  if (ids.empty()) return {};
  Touches touches;
  touches.connectors = ids;
  return market.change(kSystem, market.now(), touches, [&](Change& change) -> Status {
    for (const std::string& id : ids) choose_latest(change, id);
    return {};
  });
}

}  // namespace mkt
