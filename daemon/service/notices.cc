#include "daemon/service/notices.h"

#include <set>
#include <string_view>

#include "common/base/json.h"

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

}  // namespace

Result<std::vector<Concerned>> concerned_by(const Marketplace& market, const LogEntry& entry) {
  if (!is_about_catalog(entry.action)) return std::vector<Concerned>();
  const auto document = parse_json(entry.document, "an entry's document");
  if (!document || !document->is_object()) return std::vector<Concerned>();
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

}  // namespace mkt
