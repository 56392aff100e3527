// The newest change that a user was told of, across commands.
#include "cli/client/last_change.h"

#include <doctest/doctest.h>

#include "cli/client/registry_client.h"
#include "common/base/files.h"
#include "tests/unit/client/fake_registry.h"
#include "tests/unit/must.h"

namespace mkt {
namespace {

struct LastChangeFixture {
  const std::string origin = "https://mkt.example.com";
  const TemporaryFolder folder = must(TemporaryFolder::create("/tmp", "mkt-last-change-"));
  const std::filesystem::path place = folder.path() / "changes";
  const UtcTime now = from_unix_ms(1'800'000'000'000);
};

TEST_CASE_FIXTURE(LastChangeFixture, "the greatest number is told to later commands, for a while") {
  LastChange first(place, origin, now);
  CHECK_FALSE(first.newest(now));
  first.told(7, now);
  first.told(5, now);
  CHECK(first.newest(now) == 7);
  const LastChange next(place, origin, now + std::chrono::seconds(60));
  CHECK(next.newest(now + std::chrono::seconds(60)) == 7);
  CHECK_FALSE(next.newest(now + LastChange::kWorthTelling + std::chrono::seconds(1)));
  CHECK_FALSE(LastChange(place, "https://other.example.com", now).newest(now));
}

TEST_CASE_FIXTURE(LastChangeFixture,
                  "after a while a registry may count from the beginning again") {
  LastChange(place, origin, now).told(1'000, now);
  const UtcTime later = now + LastChange::kWorthTelling + std::chrono::seconds(1);
  LastChange changes(place, origin, later);
  changes.told(2, later);
  CHECK(changes.newest(later) == 2);
}

TEST_CASE_FIXTURE(LastChangeFixture,
                  "a damaged file is as none, and an empty folder keeps nothing") {
  LastChange(place, origin, now).told(7, now);
  for (const char* text :
       {"", "7", "x 2027-01-15T08:00:00Z", "7 yesterday", "7 2999-01-01T00:00:00Z"}) {
    CAPTURE(text);
    REQUIRE(write_file_atomically(place / "https+mkt.example.com", text, 0600));
    CHECK_FALSE(LastChange(place, origin, now).newest(now));
  }
  LastChange nowhere({}, origin, now);
  nowhere.told(7, now);
  CHECK(nowhere.newest(now) == 7);
}

TEST_CASE_FIXTURE(LastChangeFixture, "a client sends the number that came with a change") {
  FakeRegistry registry;
  registry.answer("/v1/tenants/team/installs", R"({"limits": []})");
  registry.answer("/v1/search?q=&page=1&pageSize=20", "{}");
  registry.header("Mkt-Sequence", "41");
  RegistryClient client(registry.settings(), {}, place);
  static_cast<void>(client.search({}));  // a read tells no number
  static_cast<void>(client.send<wire::LimitListing>("POST", "/v1/tenants/team/installs",
                                                    wire::Deprecation{"old"}));
  static_cast<void>(client.search({}));
  RegistryClient next(registry.settings(), {}, place);
  static_cast<void>(next.search({}));
  CHECK(registry.headers("Mkt-Min-Sequence") == std::vector<std::string>{"", "", "41", "41"});
}

}  // namespace
}  // namespace mkt
