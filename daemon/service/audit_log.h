// The audit log: reads it, and adds entries about things that the store does not hold.
#pragma once

#include <string_view>
#include <vector>

#include "daemon/service/marketplace.h"

namespace mkt {

// Oldest first. Only admins and the daemon itself may read the log; the caller must check that.
Result<std::vector<LogEntry>> read_log(const Marketplace& market, const LogQuery& query);

// The number of the newest entry; 0 for an empty log.
Result<std::int64_t> newest_entry(const Marketplace& market);

// Whether a pattern, in which '*' matches any text, is that of some action (store/log_actions.h).
bool matches_some_action(std::string_view pattern);

Status note(const Marketplace& market, const Actor& actor, std::string_view action,
            std::string_view subject, const Json& document);

// The last entry that a webhook received. A new name starts at the newest entry, which is stored at
// once: a webhook does not receive what happened before it existed.
Result<std::int64_t> webhook_cursor(const Marketplace& market, std::string_view name);
// request_outdated where another daemon has got `job`, the webhook's, and goes on from its cursor.
Status set_webhook_cursor(const Marketplace& market, std::string_view name, std::int64_t seq,
                          std::string_view job, JobTerm term);

}  // namespace mkt
