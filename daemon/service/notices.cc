#include "daemon/service/notices.h"

#include <set>
#include <string_view>
#include <utility>

#include "common/base/json.h"
#include "daemon/service/retention.h"

namespace mkt {
namespace {

// "publisher:acme", or with the token's id behind it.
bool was_made_by(const LogEntry& entry, std::string_view publisher) {
  std::string_view who = entry.actor.who;
  constexpr std::string_view kRole = "publisher:";
  if (!who.starts_with(kRole)) return false;
  who.remove_prefix(kRole.size());
  return who.substr(0, who.find(' ')) == publisher;
}

bool is_about_catalog(std::string_view action) {
  return action.starts_with("version.") || action.starts_with("owner.") ||
         action.starts_with("connector.") || action.starts_with("key.") ||
         action.starts_with("publisher.");
}

// The registry's own rule took it, and no person did.
bool was_retention(const Json& document) {
  return text_member(document, "reasonCode") == kRetentionCode;
}

}  // namespace

Result<std::vector<Concerned>> concerned_by(const Marketplace& market, const LogEntry& entry) {
  if (!is_about_catalog(entry.action)) return std::vector<Concerned>();
  const auto document = parse_json(entry.document, "an entry's document");
  if (!document || !document->is_object() || was_retention(*document)) {
    return std::vector<Concerned>();
  }
  return market.read([&](const Records& records) {
    std::set<std::string> ids;
    if (const auto publisher = text_member(*document, "publisher")) ids.insert(*publisher);
    if (const auto connector = text_member(*document, "connector")) {
      for (const OwnerRecord& o : records.owners().of(*connector)) ids.insert(o.publisher_id);
    }
    std::vector<Concerned> concerned;
    for (const std::string& id : ids) {
      if (was_made_by(entry, id)) continue;
      const auto publisher = records.publishers().find(id);
      if (publisher) concerned.push_back({id, publisher->display_name, publisher->email});
    }
    return concerned;
  });
}

Result<std::vector<Signing>> signed_as(const Marketplace& market, const Caller& caller,
                                       const PublisherId& publisher, std::int64_t after,
                                       std::uint32_t limit) {
  MKT_CHECK(require_publisher_or_admin(caller, publisher));
  MKT_TRY(auto records, market.read([&](const Records& r) {
    return r.catalog().signed_as(publisher.text(), after, limit);
  }));
  const std::string self = caller.actor().who;  // names the token
  std::vector<Signing> signings;
  for (SigningRecord& record : records) {
    const bool by_caller = record.actor == self;
    signings.push_back({std::move(record), by_caller});
  }
  return signings;
}

}  // namespace mkt
