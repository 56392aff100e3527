#include "daemon/service/deprecate.h"

#include <fmt/format.h>

#include "daemon/rules/install_rules.h"
#include "daemon/service/catalog.h"
#include "daemon/service/owners.h"
#include "daemon/service/reason.h"

namespace mkt {
namespace {

Status decide_to_deprecate(Change& change, const Caller* caller, std::string_view connector_id,
                           std::string_view version, const std::optional<std::string>& reason) {
  Catalog& catalog = change.records().catalog();
  catalog.connector_head(connector_id, Hold::shared);  // for its owners
  const auto before = catalog.version_head(connector_id, version, Hold::exclusive);
  MKT_CHECK(require_owner(change.records(), caller, connector_id));
  if (!before) return no_version(connector_id, version);
  if (before->withdrawn_at) return may_be_had(*before);
  const bool as_it_is =
      before->deprecated == reason.has_value() && before->deprecation_reason == reason.value_or("");
  if (as_it_is) return {};
  change.log(reason ? "version.deprecate" : "version.undeprecate",
             fmt::format("{}@{}", connector_id, version),
             {{"connector", connector_id},
              {"version", version},
              {"checksum", before->checksum},
              {"reason", reason.value_or("")}});
  catalog.set_deprecated(connector_id, version, reason);
  return {};
}

}  // namespace

Status keep_deprecation(const Marketplace& market, const Actor& actor, const Caller* caller,
                        std::string_view connector_id, std::string_view version,
                        const std::optional<std::string>& reason, UtcTime at) {
  return market.change(actor, at, Touches::connector(std::string(connector_id)),
                       [&](Change& change) {
                         return decide_to_deprecate(change, caller, connector_id, version, reason);
                       });
}

Result<VersionRecord> set_deprecated(const Marketplace& market, const Caller& caller,
                                     const ConnectorId& id, const Version& version,
                                     const std::optional<std::string>& reason) {
  MKT_CHECK(require_owner(market, caller, id));
  if (reason) MKT_CHECK(check_reason(*reason));
  MKT_CHECK(keep_deprecation(market, caller.actor(), &caller, id.text(), version.text(), reason,
                             market.now()));
  return show_version(market, caller, id, version.text());
}

}  // namespace mkt
