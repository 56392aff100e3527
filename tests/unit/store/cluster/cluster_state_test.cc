#include "daemon/store/cluster/cluster_state.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

ClusterDaemon daemon_with(std::map<std::string, std::string> settings) {
  ClusterDaemon d;
  d.until = from_unix_ms(2000);
  d.settings = std::move(settings);
  return d;
}

TEST_CASE("settings differ where daemons that live have other values") {
  ClusterState state;
  state.now = from_unix_ms(1000);
  state.daemons = {daemon_with({{"limit", "a"}, {"registration", "x"}}),
                   daemon_with({{"limit", "b"}, {"registration", "x"}})};
  CHECK(state.different_settings() == std::vector<std::string>{"limit"});
  state.daemons[1].settings.erase("registration");
  CHECK(state.different_settings() == std::vector<std::string>{"limit"});
  state.daemons[1].until = state.now;  // it does not live any more
  CHECK(state.different_settings().empty());
}

}  // namespace
}  // namespace mkt
