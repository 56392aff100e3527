#include "daemon/store/cluster/cluster_state.h"

#include <set>

namespace mkt {

std::vector<std::string> ClusterState::different_settings() const {
  std::map<std::string, std::set<std::string>> values;
  for (const ClusterDaemon& daemon : daemons) {
    if (daemon.until <= now) continue;
    for (const auto& [name, digest] : daemon.settings) values[name].insert(digest);
  }
  std::vector<std::string> different;
  for (const auto& [name, digests] : values) {
    if (digests.size() > 1) different.push_back(name);
  }
  return different;
}

}  // namespace mkt
