// Every scenario, in the order in which they run.
#include <array>

#include "tests/load/scenario.h"

namespace mkt::load {
namespace {

constexpr std::array kScenarios{
    Scenario{"mixed", "80 % reads, 15 % installs, 5 % publishes", false, run_mixed},
    Scenario{"rate-limit", "what is over a limit is refused, and nothing else", true,
             run_rate_limit},
    Scenario{"retry", "a part of the answers is lost, and clients try again", false, run_retry},
    Scenario{"circuit-breaker", "a dependency dies and returns", true, run_circuit_breaker},
    Scenario{"idempotency", "a hundred ask for the same install at once", false, run_idempotency},
    Scenario{"locking", "many change the same things at once", false, run_locking},
    Scenario{"contention", "all publish the same version at once", false, run_contention},
    Scenario{"overload", "three times as much as it can take", true, run_overload},
    Scenario{"soak", "the same load for long: nothing grows", true, run_soak},
};

}  // namespace

std::span<const Scenario> scenarios() { return kScenarios; }

}  // namespace mkt::load
