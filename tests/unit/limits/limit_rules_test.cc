#include "daemon/limits/limit_rules.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

using namespace std::chrono_literals;

TEST_CASE("limits are read and written as requests and a time") {
  const auto limit = parse_limit("10/15m");
  REQUIRE(limit);
  CHECK(**limit == Limit{10, 15min});
  CHECK((*limit)->text() == "10/15m");
  CHECK(**parse_limit("5/60s") == Limit{5, 1min});
  CHECK_FALSE(parse_limit("off")->has_value());
  for (const char* wrong : {"", "10", "0/15m", "-1/15m", "10/0s", "10/", "/15m", "10/15x", "10/15",
                            "10/400d", "1000001/1m", "10 /15m", "x/15m", "10/15m/2"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_limit(wrong));
  }
}

TEST_CASE("a scope has one name, and a short form that people may type") {
  for (const LimitScope scope : kLimitScopes) {
    CHECK(parse_limit_scope(limit_scope_name(scope)) == scope);
  }
  CHECK(parse_limit_scope("publish") == LimitScope::publish);
  CHECK(parse_limit_scope("register") == LimitScope::registration);
  CHECK(parse_limit_scope("auth-failure") == LimitScope::auth_failure);
  CHECK_FALSE(parse_limit_scope("nothing"));
}

TEST_CASE("an exception is for whom it names, and for the scopes it names") {
  LimitRules rules = LimitRules::defaults();
  REQUIRE(rules.set("search=off"));
  REQUIRE(rules.add({"acme", "", "", {{LimitScope::publish, Limit{100, 1h}}}}));
  REQUIRE(rules.add({"", "", "10.0.0.0/8", {{LimitScope::download, std::nullopt}}}));
  const std::string acme = publisher_subject("acme"), client = address_subject("10.1.2.3");
  CHECK(rules.limit_of(LimitScope::publish, acme, "192.0.2.1") == Limit{100, 1h});
  CHECK(rules.limit_of(LimitScope::publish, publisher_subject("other"), "192.0.2.1") ==
        Limit{10, 15min});
  CHECK_FALSE(rules.limit_of(LimitScope::search, client, "10.1.2.3"));
  CHECK_FALSE(rules.limit_of(LimitScope::download, client, "10.1.2.3"));
  CHECK(rules.limit_of(LimitScope::download, address_subject("192.0.2.1"), "192.0.2.1") ==
        Limit{50, 15min});
}

TEST_CASE("what makes no sense is refused by name") {
  LimitRules rules = LimitRules::defaults();
  for (const char* wrong : {"publish", "nothing=1/1m", "publish=", "=1/1m"}) {
    CAPTURE(wrong);
    CHECK_FALSE(rules.set(wrong));
  }
  CHECK_FALSE(rules.add({"", "", "", {}}));
  CHECK_FALSE(rules.add({"acme", "t", "", {}}));
  CHECK_FALSE(rules.add({"No Publisher", "", "", {}}));
  CHECK_FALSE(rules.add({"", "", "10.0.0.0/99", {}}));
  CHECK_FALSE(rules.set_on_redis_failure("perhaps"));
}

TEST_CASE("each scope says what happens without Redis") {
  LimitRules rules = LimitRules::defaults();
  CHECK_FALSE(rules.denies_without_redis(LimitScope::publish));
  REQUIRE(rules.set_on_redis_failure("deny"));
  REQUIRE(rules.set_on_redis_failure("search=memory"));
  CHECK(rules.denies_without_redis(LimitScope::publish));
  CHECK_FALSE(rules.denies_without_redis(LimitScope::search));
}

TEST_CASE("clients with an IPv6 network count as one") {
  CHECK(address_subject("2001:db8::1") == address_subject("2001:db8::ffff:1"));
  CHECK(address_subject("2001:db8::1") != address_subject("2001:db8:0:1::1"));
  CHECK(address_subject("192.0.2.1") == "address:192.0.2.1");
}

}  // namespace
}  // namespace mkt
