// What the SQL of the subjects shares: appending to the log.
#pragma once

#include "daemon/store/records.h"
#include "daemon/store/sqlite/database.h"

namespace mkt {

// Appends to the audit log and returns the change's sequence.
std::int64_t append_to_log(Database& db, const Actor& actor, std::string_view action,
                           std::string_view subject, std::string_view detail, UtcTime at);

}  // namespace mkt
