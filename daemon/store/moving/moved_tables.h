// The tables that make up a marketplace: what is moved between SQLite and PostgreSQL, in one list.
//
// Not in it, since they mean something only where they are: what daemons of one database know of
// each other or are held by (daemons, job_leases, tickets, secrets, tenants, blobs, log_head), and
// the numbers of schemas. The numbers that log_head keeps are moved by themselves (LogNumbers).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mkt {

struct MovedTable {
  const char* name;
  const char* columns;  // of a moved row, in this order
  const char* key;      // by which rows are ordered, on both sides alike
  // Where SQLite keeps the rows in another form: how they are read there, and how one is kept, its
  // values bound in the order of the columns.
  const char* sqlite_rows = nullptr;
  const char* sqlite_keep = nullptr;

  std::string select() const;         // all rows, by key
  std::string select_sqlite() const;  // the same, of SQLite
  std::string keep_sqlite() const;
};

// A table comes after those that its rows refer to.
std::span<const MovedTable> moved_tables();

// "id, name" has 2.
std::size_t columns_in(std::string_view columns);

}  // namespace mkt
