// Comparing with the registry; see newer_versions.h.
#include "cli/client/newer_versions.h"

namespace mkt {

Result<std::vector<NewerVersion>> find_newer_versions(RegistryClient& registry,
                                                      const std::vector<Installed>& installed) {
  std::vector<NewerVersion> all;
  for (const Installed& i : installed) {
    MKT_TRY(const ConnectorId id, ConnectorId::parse(i.receipt.id));
    MKT_TRY(const wire::ConnectorInfo info, registry.connector(id));
    MKT_TRY(Version latest, Version::parse(info.latest_version));
    MKT_TRY(const Version here, Version::parse(i.receipt.version));
    const bool is_newer = compare_precedence(latest, here) > 0;
    all.push_back({i, std::move(latest), is_newer});
  }
  return all;
}

}  // namespace mkt
