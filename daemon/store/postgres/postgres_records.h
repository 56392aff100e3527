// PostgresRecords: all records on one connection (rows.h). Each connection has one, for one read or
// change after another; call `begin` before each.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/store/postgres/rows.h"

namespace mkt::postgres {

// The rows themselves; this base is constructed before the records that refer to it.
struct PostgresRows {
  explicit PostgresRows(Flight& flight)
      : db(flight),
        publishers(publisher_rows(db, change)),
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
        outbox(outbox_rows(db, change)),
        removals(removal_rows(db)) {}

  Flight& db;
  PgChangeState change;
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
  std::unique_ptr<Removals> removals;
};

class PostgresRecords : private PostgresRows, public Records {
 public:
  explicit PostgresRecords(Flight& flight)
      : PostgresRows(flight),
        Records({*PostgresRows::publishers, *PostgresRows::keys, *PostgresRows::catalog,
                 *PostgresRows::overview, *PostgresRows::owners, *PostgresRows::policies,
                 *PostgresRows::requests, *PostgresRows::installations, *PostgresRows::tokens,
                 *PostgresRows::spent_keys, *PostgresRows::cursors, *PostgresRows::log,
                 *PostgresRows::outbox, *PostgresRows::removals}) {}

  void hold_tenant(std::string_view id, Hold hold) const override { hold_tenant_row(db, id, hold); }
  bool holds_job(std::string_view job, JobTerm term) const override {
    return holds_job_row(db, job, term);
  }
  void touch_connector(std::string_view id) override { change.touched.emplace_back(id); }

  void begin() { change = {}; }
  // From the last change.
  std::vector<std::string> take_touched() { return std::move(change.touched); }
  bool is_urgent() const { return change.urgent; }
};

}  // namespace mkt::postgres
