// What is counted in passing is seen once it was written.
#include "daemon/service/usage.h"

#include "tests/unit/service/registry_fixture.h"

namespace mkt {
namespace {

TEST_CASE_FIXTURE(RegistryFixture,
                  "the last use of a token shows, though it was looked up before") {
  REQUIRE(registry->add_token(token("0123456789ab", Role::publisher, "acme"), kActor));
  REQUIRE_FALSE(must(registry->token("0123456789ab")).last_used_at);
  const UtcTime used = *parse_utc("2026-01-31T12:00:00Z");
  {
    Usage usage(registry->market());
    usage.token_used("0123456789ab", used);
  }  // writes what it has gathered
  CHECK(must(registry->token("0123456789ab")).last_used_at == used);
}

TEST_CASE_FIXTURE(RegistryFixture, "downloads are counted for the version and its connector") {
  const KeyRecord key = add_publisher("acme");
  const auto published = registry->publish(version("tool", "1.0.0", key), kActor);
  REQUIRE(published);
  REQUIRE(registry->publish(version("tool", "1.1.0", key), kActor));
  REQUIRE(search({}).size() == 1);
  {
    Usage usage(registry->market());
    usage.downloaded(published->version);
    usage.downloaded(published->version);
  }
  CHECK(must(registry->version("tool", "1.0.0")).downloads == 2);
  CHECK(must(registry->version("tool", "1.1.0")).downloads == 0);
  CHECK(registry->search({})->connectors.at(0).downloads == 2);
}

}  // namespace
}  // namespace mkt
