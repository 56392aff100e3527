// Owners: which publishers may publish new versions of a connector. The first to publish it becomes
// an owner; owners and admins add and remove others.
//
// What only owners may do is asked twice: before anything else, so that nobody learns more than
// that they may not; and in the change, which may come after the caller was removed.
#pragma once

#include <vector>

#include "daemon/service/marketplace.h"

namespace mkt {

// connector_not_found.
Result<std::vector<OwnerRecord>> list_owners(const Marketplace& market, const Caller& caller,
                                             const ConnectorId& id);

// For an owner or an admin: not_owner, unauthorized, connector_not_found.
Status require_owner(const Marketplace& market, const Caller& caller, const ConnectorId& id);
// The same in a change that holds the connector. Null for the registry itself, which may.
Status require_owner(const Records& records, const Caller* caller, std::string_view connector_id);

// Who owns it then. Also publisher_not_found.
Result<std::vector<OwnerRecord>> add_owner(const Marketplace& market, const Caller& caller,
                                           const ConnectorId& id, const PublisherId& publisher);
// Also last_owner.
Result<std::vector<OwnerRecord>> remove_owner(const Marketplace& market, const Caller& caller,
                                              const ConnectorId& id, const PublisherId& publisher);

// The changes alone. `caller` must be an owner or an admin then; null for the registry itself.
Result<std::vector<OwnerRecord>> keep_owner(const Marketplace& market, const Actor& actor,
                                            const Caller* caller, const std::string& connector,
                                            const std::string& publisher);
Result<std::vector<OwnerRecord>> drop_owner(const Marketplace& market, const Actor& actor,
                                            const Caller* caller, const std::string& connector,
                                            const std::string& publisher);

}  // namespace mkt
