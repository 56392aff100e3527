#include "daemon/service/audit_log.h"

#include <algorithm>

#include "common/wire/policy.h"
#include "daemon/store/log_actions.h"

namespace mkt {

Result<std::vector<LogEntry>> read_log(const Marketplace& market, const LogQuery& query) {
  return market.read([&](const Records& records) { return records.log().entries(query); });
}

Result<std::int64_t> newest_entry(const Marketplace& market) {
  return market.read([](const Records& records) { return records.log().newest(); });
}

bool matches_some_action(std::string_view pattern) {
  return std::ranges::any_of(
      kLogActions, [&](const LogAction& action) { return matches_pattern(pattern, action.name); });
}

Status note(const Marketplace& market, const Actor& actor, std::string_view action,
            std::string_view subject, const Json& document) {
  return market.change(actor, market.now(), Touches::nothing(), [&](Change& change) -> Status {
    change.log(action, subject, document);
    return {};
  });
}

Result<std::int64_t> webhook_cursor(const Marketplace& market, std::string_view name) {
  return market.change(kSystem, market.now(), Touches::nothing(), [&](Change& change) {
    Records& records = change.records();
    const auto known = records.cursors().find(name);
    if (known) return *known;
    const std::int64_t newest = records.log().newest();
    records.cursors().set(name, newest);
    return newest;
  });
}

Status set_webhook_cursor(const Marketplace& market, std::string_view name, std::int64_t seq,
                          std::string_view job, JobTerm term) {
  return market.change(kSystem, market.now(), Touches::nothing(), [&](Change& change) -> Status {
    if (!change.records().holds_job(job, term)) {
      return Error(ErrorCode::request_outdated, "another daemon serves this webhook now");
    }
    change.records().cursors().set(name, seq);
    return {};
  });
}

}  // namespace mkt
