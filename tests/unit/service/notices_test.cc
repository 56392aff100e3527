// Which publishers an entry of the log concerns.
#include "daemon/service/notices.h"

#include <doctest/doctest.h>

#include "common/base/json.h"
#include "tests/unit/must.h"
#include "tests/unit/service/registry_fixture.h"

namespace mkt {
namespace {

struct TwoOwners : RegistryFixture {
  TwoOwners() : key(add_publisher("maker")) {
    add_publisher("other");
    add_publisher("stranger");
    REQUIRE(registry->publish(version("tool", "1.0.0", key), kActor));
    REQUIRE(registry->add_owner("tool", "other", kActor));
  }
  // Their ids, joined by blanks.
  std::string concerned(const std::string& who, const std::string& action, const Json& document) {
    LogEntry entry;
    entry.actor = {who, "192.0.2.1", "r1"};
    entry.action = action;
    entry.document = document.is_string() ? document.get<std::string>() : dump_json(document);
    std::string ids;
    for (const Concerned& c : must(concerned_by(registry->market(), entry))) {
      ids += (ids.empty() ? "" : " ") + c.publisher_id;
      CHECK(c.email == c.publisher_id + "@acme.example");
    }
    return ids;
  }
  KeyRecord key;
};

TEST_CASE_FIXTURE(TwoOwners, "a connector's owners hear of what others do to it") {
  const Json about{{"connector", "tool"}, {"version", "1.0.0"}};
  CHECK(concerned("admin", "version.quarantine", about) == "maker other");
  CHECK(concerned("publisher:maker", "version.publish", about) == "other");
  CHECK(concerned("publisher:maker (t-1)", "version.publish", about) == "other");
  // A name that begins with another one's is nobody's.
  CHECK(concerned("publisher:maker2", "version.publish", about) == "maker other");
  CHECK(concerned("maker", "version.publish", about) == "maker other");
}

TEST_CASE_FIXTURE(TwoOwners, "a publisher hears of what others do to it and its keys") {
  CHECK(concerned("admin", "key.revoke", {{"publisher", "stranger"}, {"keyId", "k"}}) ==
        "stranger");
  CHECK(concerned("publisher:stranger", "key.add", {{"publisher", "stranger"}}) == "");
  CHECK(concerned("admin", "publisher.suspend", {{"publisher", "maker"}}) == "maker");
  // Also one that is no owner of the connector any more.
  CHECK(concerned("admin", "owner.remove", {{"connector", "tool"}, {"publisher", "stranger"}}) ==
        "maker other stranger");
}

TEST_CASE_FIXTURE(TwoOwners, "what is not about the catalog concerns no publisher") {
  const Json about{{"connector", "tool"}, {"publisher", "maker"}};
  for (const char* action : {"install.request", "token.create", "policy.set", "history.lost", ""}) {
    CAPTURE(action);
    CHECK(concerned("admin", action, about) == "");
  }
}

TEST_CASE_FIXTURE(TwoOwners, "an entry that names nobody who is there concerns nobody") {
  CHECK(concerned("admin", "version.publish", {{"connector", "none"}, {"publisher", "nobody"}}) ==
        "");
  CHECK(concerned("admin", "version.publish", {{"connector", 7}, {"publisher", nullptr}}) == "");
  for (const char* document : {"", "[]", "{", "7"}) {
    CAPTURE(document);
    CHECK(concerned("admin", "version.publish", Json(document)) == "");
  }
}

}  // namespace
}  // namespace mkt
