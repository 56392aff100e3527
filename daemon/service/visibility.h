// Visibility: who sees which connector, and the change of that.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/rules/visibility.h"
#include "daemon/service/marketplace.h"

namespace mkt {

Viewer viewer_of(const Caller& caller);

// Does the caller see the connector, which is visible to those tenants?
bool may_see(const Records& records, const Caller& caller, std::string_view connector_id,
             const std::vector<std::string>& visible_to);

// For an owner or an admin. An install request of a tenant that no longer sees the connector cannot
// be approved any more; what is installed stays. Empty `tenants`: everyone. not_owner,
// unauthorized, connector_not_found.
Status set_visibility(const Marketplace& market, const Caller& caller, const ConnectorId& id,
                      const std::vector<std::string>& tenants);

// The change alone. `caller` must be an owner or an admin then; null for the registry itself.
Status keep_visibility(const Marketplace& market, const Actor& actor, const Caller* caller,
                       const std::string& connector, const std::vector<std::string>& tenants);

}  // namespace mkt
