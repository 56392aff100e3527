#include "daemon/service/retention.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "common/base/log.h"
#include "daemon/rules/dependants.h"
#include "daemon/rules/retention.h"
#include "daemon/service/audit_log.h"
#include "daemon/service/following.h"
#include "daemon/service/withdraw.h"

namespace mkt {
namespace {

constexpr std::uint32_t kPublicationsAtOnce = 100;
// Of a connector that more versions than this depend on, nothing is withdrawn.
constexpr std::uint32_t kMostDependants = 1000;

std::set<std::string> with_new_prereleases(const Records& records,
                                           const std::vector<LogEntry>& entries) {
  std::set<std::string> connectors;
  for (const LogEntry& entry : entries) {
    const std::size_t at = entry.subject.find('@');
    if (entry.action != "version.publish" || at == std::string::npos) continue;
    const std::string connector = entry.subject.substr(0, at);
    const auto version =
        records.catalog().version_head(connector, entry.subject.substr(at + 1), Hold::none);
    if (version && version->prerelease) connectors.insert(connector);
  }
  return connectors;
}

// False where it stays: somebody may use it by now.
Result<bool> withdraw_unused(const Marketplace& market, std::string_view connector_id,
                             const std::string& version, std::size_t keep) {
  std::optional<VersionRecord> withdrawn;
  MKT_CHECK(market.change(
      kSystem, market.now(), Touches::connector(std::string(connector_id)),
      [&](Change& change) -> Status {
        withdrawn.reset();
        Records& records = change.records();
        MKT_TRY(VersionRecord v, hold_to_take_out(records, connector_id, version));
        const auto head = records.catalog().connector_head(connector_id);  // held with it
        Impact impact = impact_of(records, v);
        const bool is_used = impact.request_count > 0 || impact.installation_count > 0;
        if (v.quarantined || is_used || !head || head->latest_version == version) return {};
        if (records.requests().is_approved(connector_id, version)) return {};
        withdraw_held(change, v, impact, kRetentionCode,
                      fmt::format("the registry keeps {} prereleases, and {} newer ones are there",
                                  keep, keep));
        withdrawn = std::move(v);
        return {};
      }));
  if (withdrawn) remove_bytes_of(market, *withdrawn);
  return withdrawn.has_value();
}

}  // namespace

Result<std::size_t> withdraw_old_prereleases(const Marketplace& market,
                                             std::string_view connector_id, std::size_t keep,
                                             const std::function<bool()>& stopping) {
  std::vector<DependantRecord> dependants;
  MKT_TRY(const auto old, market.read([&](const Records& records) {
    const auto head = records.catalog().connector_head(connector_id, Hold::none);
    if (!head) return std::vector<std::string>();
    dependants = records.catalog().dependants_of(connector_id, kMostDependants, kMostDependants);
    return old_prereleases(records.catalog().versions_of(connector_id), head->latest_version, keep);
  }));
  if (dependants.size() == kMostDependants) return 0;
  std::size_t count = 0;
  for (const std::string& version : old) {
    if (count == kMostWithdrawnAtOnce || stopping()) break;
    const bool is_needed = std::ranges::any_of(
        dependants, [&](const DependantRecord& d) { return may_choose(d, version); });
    if (is_needed) continue;
    MKT_TRY(const bool withdrawn, withdraw_unused(market, connector_id, version, keep));
    count += withdrawn ? 1 : 0;
  }
  return count;
}

Status Retention::round(const std::function<bool()>& stopping) {
  const std::size_t keep = keep_();
  if (keep == 0) {
    rest();
    return {};
  }
  if (!at_) {
    at_ = newest_in_log(market_);
    return {};
  }
  const std::uint64_t changes = market_.views.clock.changes();
  if (changes == seen_) return {};
  for (bool more = true; more && !stopping();) {
    MKT_TRY(const auto entries, read_log(market_, {*at_, std::nullopt, kPublicationsAtOnce}));
    MKT_TRY(const auto published, market_.read([&](const Records& records) {
      return with_new_prereleases(records, entries);
    }));
    for (const std::string& connector : published) {
      MKT_TRY(const std::size_t count,
              withdraw_old_prereleases(market_, connector, keep, stopping));
      if (count == 0) continue;
      log_event(LogLevel::info, "withdrew old prereleases",
                {{"connector", connector}, {"count", count}});
    }
    if (!entries.empty()) at_ = entries.back().seq;
    more = entries.size() == kPublicationsAtOnce;
  }
  seen_ = changes;
  return {};
}

}  // namespace mkt
