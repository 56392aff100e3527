// Owners: which publishers may publish new versions of a connector. The first to publish it becomes
// an owner; owners and admins add and remove others.
#pragma once

#include <vector>

#include "daemon/service/marketplace.h"

namespace mkt {

// connector_not_found.
Result<std::vector<OwnerRecord>> list_owners(const Marketplace& market, const Caller& caller,
                                             const ConnectorId& id);

// For an owner or an admin: not_owner, unauthorized, connector_not_found.
Status require_owner(const Marketplace& market, const Caller& caller, const ConnectorId& id);

// Also publisher_not_found.
Status add_owner(const Marketplace& market, const Caller& caller, const ConnectorId& id,
                 const PublisherId& publisher);
// Also last_owner.
Status remove_owner(const Marketplace& market, const Caller& caller, const ConnectorId& id,
                    const PublisherId& publisher);

// The changes alone.
Status keep_owner(const Marketplace& market, const Actor& actor, const std::string& connector,
                  const std::string& publisher);
Status drop_owner(const Marketplace& market, const Actor& actor, const std::string& connector,
                  const std::string& publisher);

}  // namespace mkt
