// The tables in PostgreSQL, and what a database must be like to have them.
//
// Tables and columns are named as in SQLite (sqlite/schema.h), and mean the same. A shared database
// is never changed by a daemon that only starts: `create_schema` is for the person who sets it up.
#pragma once

#include "common/base/result.h"
#include "daemon/store/postgres/connection.h"

namespace mkt::postgres {

// Creates the tables, in one transaction; target_exists where they are there already.
Status create_schema(Connection& connection, PgDeadline deadline);

// data_damaged where the tables are not there or not this build's; invalid_input where the database
// could lose an answered change or would sort in another way; data_moved where the marketplace was
// moved away. All say what to do.
Status check_schema(Connection& connection, PgDeadline deadline);

}  // namespace mkt::postgres
