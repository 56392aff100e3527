// The audit log: reading it, and noting what was done to something that the store does not hold.
#pragma once

#include <string_view>
#include <vector>

#include "daemon/service/marketplace.h"

namespace mkt {

// Oldest first. The log is for admins and for the daemon itself: the caller of this sees to that.
Result<std::vector<LogEntry>> read_log(const Marketplace& market, const LogQuery& query);

Status note(const Marketplace& market, const Actor& actor, std::string_view action,
            std::string_view subject, const Json& document);

// How far a webhook was told; for a new name the newest entry there is, which is stored at once: a
// webhook is not told of what happened before it.
Result<std::int64_t> webhook_cursor(const Marketplace& market, std::string_view name);
Status set_webhook_cursor(const Marketplace& market, std::string_view name, std::int64_t seq);

}  // namespace mkt
