// SqliteRecords: all records on one connection (rows.h). Each connection has one, for one read or
// change after another; call `begin` before each.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/store/records.h"
#include "daemon/store/sqlite/no_removals.h"
#include "daemon/store/sqlite/rows.h"

namespace mkt {

// The rows themselves; this base is constructed before the records that refer to it.
struct SqliteRows {
  explicit SqliteRows(Database& db)
      : publishers(publisher_rows(db, change)),
        keys(key_rows(db, change)),
        catalog(catalog_rows(db, change, *publishers)),
        overview(overview_rows(db)),
        owners(owner_rows(db, change)),
        policies(policy_rows(db, change)),
        requests(request_rows(db, change)),
        installations(installation_rows(db, change)),
        tokens(token_rows(db)),
        spent_keys(spent_key_rows(db)),
        cursors(cursor_rows(db)),
        log(log_rows(db, change)),
        outbox(outbox_rows(db, change)) {}

  ChangeState change;
  std::unique_ptr<Publishers> publishers;
  std::unique_ptr<Keys> keys;
  std::unique_ptr<Catalog> catalog;
  std::unique_ptr<Overview> overview;
  std::unique_ptr<Owners> owners;
  std::unique_ptr<Policies> policies;
  std::unique_ptr<Requests> requests;
  std::unique_ptr<Installations> installations;
  std::unique_ptr<Tokens> tokens;
  std::unique_ptr<SpentKeys> spent_keys;
  std::unique_ptr<Cursors> cursors;
  std::unique_ptr<Log> log;
  std::unique_ptr<Outbox> outbox;
  NoRemovals removals;
};

class SqliteRecords : private SqliteRows, public Records {
 public:
  explicit SqliteRecords(Database& db)
      : SqliteRows(db),
        Records({*SqliteRows::publishers, *SqliteRows::keys, *SqliteRows::catalog,
                 *SqliteRows::overview, *SqliteRows::owners, *SqliteRows::policies,
                 *SqliteRows::requests, *SqliteRows::installations, *SqliteRows::tokens,
                 *SqliteRows::spent_keys, *SqliteRows::cursors, *SqliteRows::log,
                 *SqliteRows::outbox, SqliteRows::removals}) {}

  // SQLite makes one change at a time, so there is nothing to hold.
  void hold_tenant(std::string_view, Hold) const override {}
  bool holds_job(std::string_view, JobTerm) const override { return true; }
  void touch_connector(std::string_view id) override { change.touched.emplace_back(id); }

  void begin() { change = {}; }
  // From the last change.
  std::vector<std::int64_t> take_entries() { return std::move(change.entries); }
  std::vector<std::string> take_touched() { return std::move(change.touched); }
};

}  // namespace mkt
