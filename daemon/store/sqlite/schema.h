// The tables, as numbered migrations. A released migration is never edited; a newer one is added.
#pragma once

#include "daemon/store/sqlite/database.h"

namespace mkt {

// Brings the database to this build's version in one transaction each. Throws SqlError; returns
// data_damaged when the database was written by a newer mktd (it is left untouched).
Status migrate(Database& database);

// data_damaged when the database was written by a newer mktd.
Status check_schema_version(Database& database);

}  // namespace mkt
