#include "daemon/views/mcp_list.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "common/base/json.h"
#include "common/connector/mcp_declaration.h"

namespace mkt {
namespace {

// What a manifest has that declares it, and most have not.
constexpr std::string_view kMcpMember = "\"mcp\"";

bool declares_mcp(const std::string& manifest) {
  const auto json = parse_json(manifest, "a manifest");
  if (!json || !json->is_object()) return false;
  const auto mcp = json->find("mcp");
  return mcp != json->end() && check_mcp(*mcp).empty();
}

McpStatus status_of(const MentionRecord& m) {
  if (m.quarantined) return McpStatus::deleted;
  return m.deprecated ? McpStatus::deprecated : McpStatus::active;
}

const McpVersion* find_seq(const McpConnector* connector, std::int64_t seq) {
  if (connector == nullptr) return nullptr;
  const auto it = std::find_if(connector->versions.begin(), connector->versions.end(),
                               [&](const McpVersion& v) { return v.seq == seq; });
  return it == connector->versions.end() ? nullptr : &*it;
}

McpVersion listed_version(const MentionRecord& m, const McpVersion* before, UtcTime now) {
  McpVersion listed{m.version, m.seq, status_of(m), m.published_at};
  const bool is_known = before != nullptr && before->status == listed.status;
  if (m.withdrawn_at) {
    listed.status_changed_at = *m.withdrawn_at;
  } else if (is_known) {
    listed.status_changed_at = before->status_changed_at;
  } else if (before != nullptr || listed.status != McpStatus::active) {
    listed.status_changed_at = now;
  }
  return listed;
}

// Makes the entries of a list out of versions that come by connector.
class Gathering {
 public:
  Gathering(const McpList::Connectors& before, McpList::Connectors& into, UtcTime now)
      : before_(before), into_(into), now_(now) {}

  void take(const MentionRecord& m) {
    if (m.connector_id != entry_.id) {
      end();
      begin(m);
    }
    if (!declares_mcp(m.manifest)) return;
    latest_is_one_ = latest_is_one_ || m.version == m.latest_version;
    entry_.versions.push_back(listed_version(m, find_seq(known_, m.seq), now_));
  }
  // After the last one.
  void end() {
    if (latest_is_one_) {
      const std::string id = entry_.id;
      into_[id] = std::make_shared<const McpConnector>(std::move(entry_));
    }
    entry_ = {};
    latest_is_one_ = false;
  }

 private:
  void begin(const MentionRecord& m) {
    const auto known = before_.find(m.connector_id);
    known_ = known == before_.end() ? nullptr : known->second.get();
    entry_ = {m.connector_id, m.latest_version, m.updated_at, m.visible_to, m.owners, {}};
  }

  const McpList::Connectors& before_;
  McpList::Connectors& into_;
  const UtcTime now_;
  McpConnector entry_;
  const McpConnector* known_ = nullptr;  // the same before
  bool latest_is_one_ = false;
};

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
  auto next = std::make_shared<Connectors>();
  const UtcTime now = now_();
  MKT_CHECK(store_.read([&](const Records& records) -> Status {
    *next = pending.all ? Connectors() : *connectors_;
    Gathering gathering(*connectors_, *next, now);
    const auto take = [&](const MentionRecord& m) { gathering.take(m); };
    if (pending.all) records.overview().each_mention(kMcpMember, std::nullopt, take);
    for (const std::string& id : pending.connectors) {
      next->erase(id);
      records.overview().each_mention(kMcpMember, id, take);
    }
    gathering.end();
    return {};
  }));
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
