// The SQL of who owns a connector. Functions run inside a caller's transaction.
#pragma once

#include <vector>

#include "common/base/result.h"
#include "daemon/store/records.h"
#include "daemon/store/sqlite/database.h"

namespace mkt::owner_queries {

std::vector<OwnerRecord> owners_of(Database& db, std::string_view connector_id);
bool is_owner(Database& db, std::string_view connector_id, std::string_view publisher_id);
void insert(Database& db, std::string_view connector_id, std::string_view publisher_id, UtcTime at,
            std::int64_t seq);

Status add(Database& db, std::string_view connector_id, std::string_view publisher_id, UtcTime at,
           const Actor& actor);
Status remove(Database& db, std::string_view connector_id, std::string_view publisher_id,
              UtcTime at, const Actor& actor);

}  // namespace mkt::owner_queries
