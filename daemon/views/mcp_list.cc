#include "daemon/views/mcp_list.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/json.h"
#include "common/connector/mcp_declaration.h"
#include "daemon/rules/visibility.h"

namespace mkt {
namespace {

bool declares_mcp(const std::string& manifest) {
  // Most manifests have no such word, and need not be parsed.
  if (manifest.find("\"mcp\"") == std::string::npos) return false;
  const auto json = parse_json(manifest, "a manifest");
  if (!json || !json->is_object()) return false;
  const auto mcp = json->find("mcp");
  return mcp != json->end() && check_mcp(*mcp).empty();
}

McpStatus status_of(const VersionRecord& v) {
  if (v.quarantined) return McpStatus::deleted;
  return v.deprecated ? McpStatus::deprecated : McpStatus::active;
}

const McpVersion* find_seq(const McpConnector* connector, std::int64_t seq) {
  if (connector == nullptr) return nullptr;
  const auto it = std::find_if(connector->versions.begin(), connector->versions.end(),
                               [&](const McpVersion& v) { return v.seq == seq; });
  return it == connector->versions.end() ? nullptr : &*it;
}

McpVersion listed_version(const VersionRecord& v, const McpVersion* before, UtcTime now) {
  McpVersion listed{v.version, v.seq, status_of(v), v.published_at};
  const bool is_known = before != nullptr && before->status == listed.status;
  if (v.withdrawn_at) {
    listed.status_changed_at = *v.withdrawn_at;
  } else if (is_known) {
    listed.status_changed_at = before->status_changed_at;
  } else if (before != nullptr || listed.status != McpStatus::active) {
    listed.status_changed_at = now;
  }
  return listed;
}

// Null where the connector is no MCP server, or none that is there.
std::shared_ptr<const McpConnector> read_mcp(const Records& records, const std::string& id,
                                             const McpConnector* before, UtcTime now) {
  const Catalog& catalog = records.catalog();
  const auto connector = catalog.connector(id);
  if (!connector) return nullptr;
  const auto latest = catalog.version(id, connector->latest_version);
  if (!latest || !declares_mcp(latest->manifest)) return nullptr;
  McpConnector found{
      id, connector->latest_version, connector->updated_at, connector->visible_to, {}, {}};
  if (!is_for_everyone(found.visible_to)) {
    for (OwnerRecord& o : records.owners().of(id))
      found.owners.push_back(std::move(o.publisher_id));
  }
  for (const VersionRecord& v : catalog.versions_of(id)) {
    if (v.version != latest->version) {
      const auto whole = catalog.version(id, v.version);
      if (!whole || !declares_mcp(whole->manifest)) continue;
    }
    found.versions.push_back(listed_version(v, find_seq(before, v.seq), now));
  }
  std::sort(found.versions.begin(), found.versions.end(),
            [](const McpVersion& a, const McpVersion& b) { return a.seq < b.seq; });
  return std::make_shared<const McpConnector>(std::move(found));
}

}  // namespace

McpList::McpList(Store& store, std::function<UtcTime()> now)
    : store_(store),
      now_(std::move(now)),
      connectors_(std::make_shared<const Connectors>()),
      watch_(store.watch([this](const Touches& t) { touched(t); })) {}

void McpList::touched(const Touches& touches) {
  if (touches.connectors.empty() && !touches.everything) return;
  const std::lock_guard lock(pending_mutex_);
  if (touches.everything) pending_.all = true;
  if (pending_.all) return;
  pending_.connectors.insert(touches.connectors.begin(), touches.connectors.end());
  if (pending_.connectors.size() <= kMaxNamed) return;
  pending_.connectors.clear();
  pending_.all = true;
}

McpList::Pending McpList::take_pending() const {
  const std::lock_guard lock(pending_mutex_);
  return std::exchange(pending_, Pending{false, {}});
}

void McpList::put_back(Pending pending) const {
  const std::lock_guard lock(pending_mutex_);
  pending_.all = pending_.all || pending.all;
  pending_.connectors.merge(pending.connectors);
}

Result<std::shared_ptr<const McpList::Connectors>> McpList::read_again(
    const Pending& pending) const {
  std::vector<std::string> ids(pending.connectors.begin(), pending.connectors.end());
  if (pending.all) {
    ids.clear();
    MKT_CHECK(store_.read([&](const Records& records) -> Status {
      records.catalog().each_search_document([&](const SearchDocument& d) { ids.push_back(d.id); });
      return {};
    }));
  }
  auto next = std::make_shared<Connectors>(pending.all ? Connectors() : *connectors_);
  const UtcTime now = now_();
  for (std::size_t at = 0; at < ids.size(); at += kReadAtOnce) {
    const std::size_t end = std::min(ids.size(), at + kReadAtOnce);
    MKT_CHECK(store_.read([&](const Records& records) -> Status {
      for (std::size_t i = at; i < end; ++i) {
        const auto known = connectors_->find(ids[i]);
        const McpConnector* before = known == connectors_->end() ? nullptr : known->second.get();
        auto found = read_mcp(records, ids[i], before, now);
        if (found) {
          (*next)[ids[i]] = std::move(found);
        } else {
          next->erase(ids[i]);
        }
      }
      return {};
    }));
  }
  return std::shared_ptr<const Connectors>(std::move(next));
}

Result<std::shared_ptr<const McpList::Connectors>> McpList::all() const {
  const std::lock_guard lock(reading_mutex_);
  Pending pending = take_pending();
  if (pending.empty()) return connectors_;
  try {
    auto next = read_again(pending);
    if (next) {
      connectors_ = *next;
    } else {
      put_back(std::move(pending));
    }
    return next;
  } catch (...) {  // such as no memory: the next call reads what was not read
    put_back(std::move(pending));
    throw;
  }
}

}  // namespace mkt
