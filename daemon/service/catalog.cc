// Reading the catalog; see catalog.h.
#include "daemon/service/catalog.h"

#include <fmt/format.h>

#include <chrono>

#include "common/base/utf8.h"

namespace mkt {
namespace {

Error no_connector(const ConnectorId& id) {
  return Error(
      ErrorCode::connector_not_found,
      fmt::format("there is no connector {}; look for one: mkt search {}", id.text(), id.text()));
}

}  // namespace

Result<ConnectorWithVersions> show_connector(const Marketplace& market, const ConnectorId& id) {
  MKT_TRY(auto found, market.store.connector_with_versions(id.text()));
  if (!found) return no_connector(id);
  return std::move(*found);
}

Result<VersionRecord> show_version(const Marketplace& market, const ConnectorId& id,
                                   std::string_view which) {
  MKT_TRY(auto found, market.store.find_version(id.text(), which));
  if (found.version) return std::move(*found.version);
  if (!found.connector) return no_connector(id);
  return Error(ErrorCode::version_not_found,
               fmt::format("{} has no version {}; its latest is {}", id.text(),
                           printable(which.substr(0, Version::kMaxLength)),
                           found.connector->latest_version));
}

Result<Tarball> open_tarball(const Marketplace& market, const ConnectorId& id,
                             std::string_view which) {
  MKT_TRY(VersionRecord version, show_version(market, id, which));
  if (version.quarantined) {
    return Error(ErrorCode::version_quarantined,
                 fmt::format("{}@{} is in quarantine: the key {} that signed it was compromised",
                             id.text(), version.version, version.signing_key_id));
  }
  MKT_TRY(const Checksum checksum, Checksum::parse(version.checksum));
  MKT_TRY(UniqueFd file, market.blobs.open_blob(checksum, version.size));
  return Tarball{std::move(version), std::move(file)};
}

}  // namespace mkt
