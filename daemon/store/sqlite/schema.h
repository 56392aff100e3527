// The tables, as numbered migrations. A released migration is never edited; a newer one is added.
#pragma once

#include "daemon/store/sqlite/database.h"

namespace mkt {

// Migrates the database to this build's version, one transaction per migration. Throws SqlError.
// data_damaged when a newer mktd wrote the database, which is then left unchanged.
Status migrate(Database& database);

// data_damaged when a newer mktd wrote the database.
Status check_schema_version(Database& database);

// data_damaged when another mktd wrote the database, a newer or an older one.
Status require_newest_schema(Database& database);

}  // namespace mkt
