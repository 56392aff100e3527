// Adding and removing owners; see owners.h.
#include "daemon/service/owners.h"

#include <fmt/format.h>

#include <algorithm>

namespace mkt {
Result<std::vector<OwnerRecord>> list_owners(const Marketplace& market, const ConnectorId& id) {
  MKT_TRY(auto owners, market.store.owners_of(id.text()));
  if (!owners.empty()) return owners;
  return Error(ErrorCode::connector_not_found, fmt::format("there is no connector {}", id.text()));
}

Status require_owner(const Marketplace& market, const Caller& caller, const ConnectorId& id) {
  MKT_TRY(const auto owners, list_owners(market, id));
  if (caller.is_admin()) return {};
  const bool is_owner = caller.role == Role::publisher && caller.signed_in() &&
                        std::any_of(owners.begin(), owners.end(), [&](const OwnerRecord& o) {
                          return o.publisher_id == caller.subject;
                        });
  if (is_owner) return {};
  if (!caller.signed_in()) return require_admin(caller);
  return Error(ErrorCode::not_owner,
               fmt::format("only an owner of {} or an admin may do this", id.text()));
}

Status add_owner(const Marketplace& market, const Caller& caller, const ConnectorId& id,
                 const PublisherId& publisher) {
  MKT_CHECK(require_owner(market, caller, id));
  return market.store.add_owner(id.text(), publisher.text(), market.now(), caller.actor());
}

Status remove_owner(const Marketplace& market, const Caller& caller, const ConnectorId& id,
                    const PublisherId& publisher) {
  MKT_CHECK(require_owner(market, caller, id));
  return market.store.remove_owner(id.text(), publisher.text(), market.now(), caller.actor());
}

}  // namespace mkt
