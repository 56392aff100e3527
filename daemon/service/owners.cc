#include "daemon/service/owners.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/rules/key_rules.h"
#include "daemon/service/catalog.h"
#include "daemon/service/visibility.h"

namespace mkt {
namespace {

using OwnerList = std::vector<OwnerRecord>;

Result<OwnerList> owners_seen_by(const Records& records, const Caller& caller,
                                 std::string_view id) {
  const auto head = records.catalog().connector_head(id);
  if (!head || !may_see(records, caller, id, head->visible_to)) return no_connector(id);
  return records.owners().of(id);
}

bool is_among(const OwnerList& owners, std::string_view publisher) {
  return std::any_of(owners.begin(), owners.end(),
                     [&](const OwnerRecord& o) { return o.publisher_id == publisher; });
}

Result<OwnerList> decide_to_add(Change& change, const Caller* caller, const std::string& connector,
                                const std::string& publisher) {
  Records& records = change.records();
  const auto known = records.publishers().find(publisher, Hold::shared);
  if (!records.catalog().connector_head(connector, Hold::exclusive)) {
    return no_connector(connector);
  }
  MKT_CHECK(require_owner(records, caller, connector));
  if (!known) return no_publisher(publisher);
  OwnerList owners = records.owners().of(connector);
  if (is_among(owners, publisher)) return owners;
  const EntryRef added =
      change.log("owner.add", connector, {{"connector", connector}, {"publisher", publisher}});
  owners.push_back({publisher, change.at()});
  records.owners().insert(connector, owners.back(), added);
  return owners;
}

Result<OwnerList> decide_to_remove(Change& change, const Caller* caller,
                                   const std::string& connector, const std::string& publisher) {
  Records& records = change.records();
  if (!records.catalog().connector_head(connector, Hold::exclusive)) {
    return no_connector(connector);
  }
  MKT_CHECK(require_owner(records, caller, connector));
  OwnerList owners = records.owners().of(connector);
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
  return owners;
}

}  // namespace

Result<OwnerList> list_owners(const Marketplace& market, const Caller& caller,
                              const ConnectorId& id) {
  return market.read([&](const Records& r) { return owners_seen_by(r, caller, id.text()); });
}

Status require_owner(const Records& records, const Caller* caller, std::string_view connector_id) {
  if (caller == nullptr) return {};
  MKT_TRY(const OwnerList owners, owners_seen_by(records, *caller, connector_id));
  if (caller->is_admin()) return {};
  const bool is_owner =
      caller->role == Role::publisher && caller->signed_in() && is_among(owners, caller->subject);
  if (is_owner) return {};
  if (!caller->signed_in()) return require_admin(*caller);
  return Error(ErrorCode::not_owner,
               fmt::format("only an owner of {} or an admin may do this", connector_id));
}

Status require_owner(const Marketplace& market, const Caller& caller, const ConnectorId& id) {
  return market.read([&](const Records& r) { return require_owner(r, &caller, id.text()); });
}

Result<OwnerList> keep_owner(const Marketplace& market, const Actor& actor, const Caller* caller,
                             const std::string& connector, const std::string& publisher) {
  return market.change(actor, market.now(), Touches::connector(connector), [&](Change& change) {
    return decide_to_add(change, caller, connector, publisher);
  });
}

Result<OwnerList> drop_owner(const Marketplace& market, const Actor& actor, const Caller* caller,
                             const std::string& connector, const std::string& publisher) {
  return market.change(actor, market.now(), Touches::connector(connector), [&](Change& change) {
    return decide_to_remove(change, caller, connector, publisher);
  });
}

Result<OwnerList> add_owner(const Marketplace& market, const Caller& caller, const ConnectorId& id,
                            const PublisherId& publisher) {
  MKT_CHECK(require_owner(market, caller, id));
  return keep_owner(market, caller.actor(), &caller, id.text(), publisher.text());
}

Result<OwnerList> remove_owner(const Marketplace& market, const Caller& caller,
                               const ConnectorId& id, const PublisherId& publisher) {
  MKT_CHECK(require_owner(market, caller, id));
  return drop_owner(market, caller.actor(), &caller, id.text(), publisher.text());
}

}  // namespace mkt
