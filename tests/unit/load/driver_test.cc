#include "tests/load/driver.h"

#include <doctest/doctest.h>

#include "tests/unit/client/fake_registry.h"

namespace mkt::load {
namespace {

// One connection to a registry that answers every GET.
struct DriverFixture {
  DriverFixture() {
    registry.answer("/v1/keys", "{}");
    load.operations = {"keys"};
    load.connections = 1;
    load.next = [] {
      Call call;
      call.request.url = "/v1/keys";
      return std::optional(call);
    };
  }
  Measurement measure() { return drive(registry.settings().registry, load); }

  FakeRegistry registry;
  Load load;
};

}  // namespace

TEST_CASE_FIXTURE(DriverFixture, "a load is sent, answered and counted, and then it is over") {
  load.requests = 200;
  load.duration = std::chrono::minutes(1);
  const Measurement measured = measure();
  CHECK(measured.count(Outcome::answered) == 200);
  CHECK(measured.total() == 200);
  CHECK(measured.took() < load.duration);
}

TEST_CASE_FIXTURE(DriverFixture, "between requests that are rarely due the driver sleeps") {
  load.rate = 5;
  load.duration = std::chrono::seconds(2);
  const Measurement measured = measure();
  CHECK(measured.count(Outcome::answered) == 10);
  CHECK(measured.driver() < measured.took() / 10);
}

}  // namespace mkt::load
