// The rows that tenants are held by; they hold nothing else.
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

}  // namespace mkt::postgres
