#include "tests/load/driver.h"

#include <doctest/doctest.h>

#include "tests/unit/client/fake_registry.h"

namespace mkt::load {
namespace {

std::optional<Call> a_get() {
  Call call;
  call.request.url = "/v1/keys";
  return call;
}

}  // namespace

TEST_CASE("a load is sent, answered and counted, and then it is over") {
  FakeRegistry registry;
  registry.answer("/v1/keys", "{}");
  Load load;
  load.operations = {"keys"};
  load.next = a_get;
  load.connections = 1;
  load.requests = 200;
  load.duration = std::chrono::minutes(1);
  const Measurement measured = drive(registry.settings().registry, std::move(load));
  CHECK(measured.count(Outcome::answered) == 200);
  CHECK(measured.total() == 200);
  CHECK(measured.took() < std::chrono::minutes(1));
}

TEST_CASE("between requests that are rarely due the driver sleeps") {
  FakeRegistry registry;
  registry.answer("/v1/keys", "{}");
  Load load;
  load.operations = {"keys"};
  load.next = a_get;
  load.rate = 5;
  load.connections = 1;
  load.duration = std::chrono::seconds(2);
  const Measurement measured = drive(registry.settings().registry, std::move(load));
  CHECK(measured.count(Outcome::answered) == 10);
  CHECK(measured.driver() < measured.took() / 10);
}

}  // namespace mkt::load
