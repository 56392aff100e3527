// What people are shown of the daemons that share a database: `mktd status --cluster`.
#pragma once

#include <map>
#include <string>

#include "common/base/json.h"
#include "daemon/ops/configuration.h"
#include "daemon/store/cluster/cluster_state.h"

namespace mkt {

// A digest of each setting that is to be the same for all daemons, by name.
std::map<std::string, std::string> digests_of_settings(const Configuration& configuration);

Json cluster_document(const ClusterState& state);
// Two tables, and what should be looked at.
std::string describe_cluster(const ClusterState& state);

// Reads it from the database, whether or not a daemon runs.
Result<ClusterState> ask_for_cluster(const std::string& database_url);

}  // namespace mkt
