#include "daemon/service/visibility.h"

#include <set>

#include "common/connector/visibility.h"
#include "daemon/service/catalog.h"
#include "daemon/service/owners.h"

namespace mkt {
namespace {

// Each version has a copy, which whoever installs it holds together with the version.
Status decide_visibility(Change& change, const Caller* caller, const std::string& id,
                         const std::vector<std::string>& tenants) {
  Catalog& catalog = change.records().catalog();
  const auto head = catalog.connector_head(id, Hold::exclusive);
  if (!head) return no_connector(id);
  MKT_CHECK(require_owner(change.records(), caller, id));
  if (head->visible_to == tenants) return {};
  std::set<std::string> versions;  // in the order of hold.h
  for (const VersionRecord& v : catalog.versions_of(id)) versions.insert(v.version);
  for (const std::string& v : versions) catalog.version_head(id, v, Hold::exclusive);
  change.log("connector.visibility", id,
             {{"connector", id},
              {"visibility", visibility_text(tenants)},
              {"before", visibility_text(head->visible_to)}});
  catalog.set_visible_to(id, tenants);
  for (const std::string& v : versions) catalog.set_version_visible_to(id, v, tenants);
  return {};
}

}  // namespace

Viewer viewer_of(const Caller& caller) {
  Viewer viewer;
  if (!caller.signed_in()) return viewer;
  viewer.is_admin = caller.is_admin();
  if (caller.role == Role::publisher) {
    viewer.publisher = caller.subject;
  } else if (!viewer.is_admin) {
    viewer.tenant = caller.subject;
  }
  return viewer;
}

bool may_see(const Records& records, const Caller& caller, std::string_view connector_id,
             const std::vector<std::string>& visible_to) {
  if (is_for_everyone(visible_to)) return true;
  const Viewer viewer = viewer_of(caller);
  const bool may_own =
      !viewer.publisher.empty() && records.owners().contains(connector_id, viewer.publisher);
  return sees(viewer, visible_to,
              may_own ? std::vector<std::string>{viewer.publisher} : std::vector<std::string>());
}

Status set_visibility(const Marketplace& market, const Caller& caller, const ConnectorId& id,
                      const std::vector<std::string>& tenants) {
  MKT_CHECK(require_owner(market, caller, id));
  return keep_visibility(market, caller.actor(), &caller, id.text(), tenants);
}

Status keep_visibility(const Marketplace& market, const Actor& actor, const Caller* caller,
                       const std::string& connector, const std::vector<std::string>& tenants) {
  return market.change(actor, market.now(), Touches::connector(connector), [&](Change& change) {
    return decide_visibility(change, caller, connector, tenants);
  });
}

}  // namespace mkt
