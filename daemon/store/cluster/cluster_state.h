// ClusterState: the daemons that share a store, and who does which job, for people.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/base/utc_time.h"
#include "daemon/store/jobs.h"

namespace mkt {

struct ClusterDaemon {
  std::string id;  // new with each start
  std::string host;
  std::string url;
  std::string version;
  UtcTime started_at;
  std::int64_t applied = 0;  // the newest entry of the log that it has seen
  UtcTime until;  // it may answer from memory until then; it is gone some time after that
  // What is to be the same everywhere: a digest of each setting's value, by name.
  std::map<std::string, std::string> settings;
};

struct ClusterJob {
  std::string name;
  std::string holder;  // a daemon's id
  JobTerm term = 0;
  UtcTime until;
};

struct ClusterState {
  UtcTime now;                         // by the store's clock, as all times here
  std::int64_t newest = 0;             // entry of the log
  std::int64_t era = 0;                // grows when history was lost
  std::vector<ClusterDaemon> daemons;  // by id
  std::vector<ClusterJob> jobs;        // by name

  // The settings of which the daemons that live have different values, by name. One that a daemon
  // does not have, it does not differ in.
  std::vector<std::string> different_settings() const;
};

}  // namespace mkt
