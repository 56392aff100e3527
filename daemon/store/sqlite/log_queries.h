// The SQL of the audit log: appended to by every change, in its transaction.
#pragma once

#include <vector>

#include "daemon/store/records.h"
#include "daemon/store/sqlite/database.h"

namespace mkt {

// Appends to the audit log and returns the change's sequence. Every change comes by here: it also
// spends the actor's idempotency key, where there is one.
std::int64_t append_to_log(Database& db, const Actor& actor, std::string_view action,
                           std::string_view subject, std::string_view detail, UtcTime at);

std::vector<LogEntry> read_log(Database& db, const LogQuery& query);

// The first change at or after that time; the one that comes next where there is none. Where the
// clock once stepped back the earlier of two candidates is taken.
std::int64_t first_change_since(Database& db, UtcTime time);

// How far a webhook was told; for a new name the end of now.
std::int64_t webhook_cursor_of(Database& db, std::string_view name);
void set_webhook_cursor(Database& db, std::string_view name, std::int64_t seq);

}  // namespace mkt
