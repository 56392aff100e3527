// Rows that exist to be held: of tenants and of jobs.
#include "daemon/store/postgres/rows.h"

namespace mkt::postgres {

void hold_tenant_row(Flight& db, std::string_view tenant_id, Hold hold) {
  if (hold != Hold::shared && hold != Hold::exclusive) return;
  PgStatement make("INSERT INTO tenants (id) VALUES ($1) ON CONFLICT DO NOTHING");
  db.hold(make.bind(tenant_id));
  constexpr HeldSql kTenant = MKT_HELD("SELECT id FROM tenants WHERE id = $1");
  PgStatement lock(hold == Hold::shared ? kTenant.shared : kTenant.exclusive);
  db.hold(lock.bind(tenant_id));
}

// The term alone says whose it is: each daemon that gets the job gets it with a new term.
bool holds_job_row(Flight& db, std::string_view job, JobTerm term) {
  Query row = db.query("SELECT 1 FROM job_leases WHERE name = $1 AND term = $2 FOR SHARE");
  return row.bind(job).bind(term).step();
}

}  // namespace mkt::postgres
