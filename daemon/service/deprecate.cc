// Deprecating; see deprecate.h.
#include "daemon/service/deprecate.h"

#include "daemon/service/catalog.h"
#include "daemon/service/owners.h"

namespace mkt {

Result<VersionRecord> set_deprecated(const Marketplace& market, const Caller& caller,
                                     const ConnectorId& id, const Version& version,
                                     const std::optional<std::string>& reason) {
  MKT_CHECK(require_owner(market, caller, id));
  MKT_CHECK(
      market.store.set_deprecated(id.text(), version.text(), reason, market.now(), caller.actor()));
  return show_version(market, id, version.text());
}

}  // namespace mkt
