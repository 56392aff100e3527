#include "daemon/service/owners.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/rules/key_rules.h"
#include "daemon/service/catalog.h"
#include "daemon/service/visibility.h"

namespace mkt {
namespace {

Status decide_to_add(Change& change, const std::string& connector, const std::string& publisher) {
  Records& records = change.records();
  const auto known = records.publishers().find(publisher, Hold::shared);
  if (!records.catalog().connector_head(connector, Hold::exclusive)) {
    return no_connector(connector);
  }
  if (!known) return no_publisher(publisher);
  if (records.owners().contains(connector, publisher)) return {};
  const EntryRef added =
      change.log("owner.add", connector, {{"connector", connector}, {"publisher", publisher}});
  records.owners().insert(connector, {publisher, change.at()}, added);
  return {};
}

Status decide_to_remove(Change& change, const std::string& connector,
                        const std::string& publisher) {
  Records& records = change.records();
  if (!records.catalog().connector_head(connector, Hold::exclusive)) {
    return no_connector(connector);
  }
  std::vector<OwnerRecord> owners = records.owners().of(connector);
  const auto removed = std::find_if(owners.begin(), owners.end(), [&](const OwnerRecord& o) {
    return o.publisher_id == publisher;
  });
  if (removed == owners.end()) {
    return Error(ErrorCode::publisher_not_found,
                 fmt::format("{} is not an owner of {}", publisher, connector));
  }
  if (owners.size() == 1) {
    return Error(
        ErrorCode::last_owner,
        fmt::format("{} is the last owner of {}; add another one first", publisher, connector));
  }
  change.log("owner.remove", connector, {{"connector", connector}, {"publisher", publisher}});
  records.owners().remove(connector, publisher);
  owners.erase(removed);
  records.catalog().set_owner(connector, owners.front().publisher_id);
  return {};
}

}  // namespace

Result<std::vector<OwnerRecord>> list_owners(const Marketplace& market, const Caller& caller,
                                             const ConnectorId& id) {
  return market.read([&](const Records& records) -> Result<std::vector<OwnerRecord>> {
    const auto head = records.catalog().connector_head(id.text());
    if (!head || !may_see(records, caller, id.text(), head->visible_to)) {
      return no_connector(id.text());
    }
    return records.owners().of(id.text());
  });
}

Status require_owner(const Marketplace& market, const Caller& caller, const ConnectorId& id) {
  MKT_TRY(const auto owners, list_owners(market, caller, id));
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

Status keep_owner(const Marketplace& market, const Actor& actor, const std::string& connector,
                  const std::string& publisher) {
  return market.change(actor, market.now(), Touches::connector(connector),
                       [&](Change& change) { return decide_to_add(change, connector, publisher); });
}

Status drop_owner(const Marketplace& market, const Actor& actor, const std::string& connector,
                  const std::string& publisher) {
  return market.change(actor, market.now(), Touches::connector(connector), [&](Change& change) {
    return decide_to_remove(change, connector, publisher);
  });
}

Status add_owner(const Marketplace& market, const Caller& caller, const ConnectorId& id,
                 const PublisherId& publisher) {
  MKT_CHECK(require_owner(market, caller, id));
  return keep_owner(market, caller.actor(), id.text(), publisher.text());
}

Status remove_owner(const Marketplace& market, const Caller& caller, const ConnectorId& id,
                    const PublisherId& publisher) {
  MKT_CHECK(require_owner(market, caller, id));
  return drop_owner(market, caller.actor(), id.text(), publisher.text());
}

}  // namespace mkt
