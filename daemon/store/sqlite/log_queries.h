// The SQL of the audit log: appended to by every change, in its transaction.
#pragma once

#include <vector>

#include "daemon/store/records.h"
#include "daemon/store/sqlite/database.h"

namespace mkt {

// Appends to the audit log and returns the change's sequence.
std::int64_t append_to_log(Database& db, const Actor& actor, std::string_view action,
                           std::string_view subject, std::string_view detail, UtcTime at);

std::vector<LogEntry> read_log(Database& db, const LogQuery& query);

// The first change at or after that time; the one that comes next where there is none. Where the
// clock once stepped back the earlier of two candidates is taken.
std::int64_t first_change_since(Database& db, UtcTime time);

}  // namespace mkt
