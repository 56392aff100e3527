// Every scenario, in the order in which they run.
#include <array>

#include "tests/load/scenario.h"

namespace mkt::load {
namespace {

constexpr std::array kScenarios{
    Scenario{"mixed", "80 % reads, 15 % installs, 5 % publishes", false, run_mixed},
};

}  // namespace

std::span<const Scenario> scenarios() { return kScenarios; }

}  // namespace mkt::load
