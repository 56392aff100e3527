#include "daemon/store/cluster/cluster_state.h"

#include <set>

namespace mkt {

std::vector<std::string> ClusterState::different_settings() const {
  std::map<std::string, std::set<std::string>> values;
  std::size_t alive = 0;
  for (const ClusterDaemon& daemon : daemons) {
    if (daemon.until <= now) continue;
    ++alive;
    for (const auto& [name, digest] : daemon.settings) values[name].insert(digest);
  }
  std::map<std::string, std::size_t> known;
  for (const ClusterDaemon& daemon : daemons) {
    if (daemon.until <= now) continue;
    for (const auto& [name, digest] : daemon.settings) ++known[name];
  }
  std::vector<std::string> different;
  for (const auto& [name, digests] : values) {
    // A daemon of another version may not know a setting.
    if (digests.size() > 1 || known[name] < alive) different.push_back(name);
  }
  return different;
}

}  // namespace mkt
