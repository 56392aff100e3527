// What the database knows of its daemons and their jobs.
#pragma once

#include "daemon/store/cluster/cluster_state.h"
#include "daemon/store/postgres/connection.h"

namespace mkt::postgres {

PgResult<ClusterState> read_cluster_state(Connection& connection, PgDeadline deadline);

}  // namespace mkt::postgres
