// Which routes count as changes, and for whom.
#include "daemon/http/change_limits.h"

#include <doctest/doctest.h>

#include "daemon/limits/memory_limits.h"
#include "tests/unit/http/no_body.h"

namespace mkt {
namespace {

Caller caller(Role role, const std::string& subject, const std::string& address = "10.0.0.1") {
  Caller c;
  c.token_id = "t-" + subject;
  c.role = role;
  c.subject = subject;
  c.address = address;
  return c;
}

struct ChangeFixture {
  ChangeFixture() {
    LimitRules limits = LimitRules::defaults();
    REQUIRE(limits.set("change=3/1h"));
    REQUIRE(limits.set("register=2/1h"));
    rules.set(std::move(limits));
    router.surround([this](std::string_view method, std::string_view pattern, Handler handler) {
      return limit_changes(limiter, method, pattern, std::move(handler));
    });
    for (const auto& [method, pattern] : std::vector<std::pair<const char*, const char*>>{
             {"GET", "/v1/tokens"},
             {"POST", "/v1/tokens"},
             {"PUT", "/v1/tenants/{tenant}/policy"},
             {"POST", "/v1/publishers"},
             {"POST", "/v1/publishers/{id}/challenges"},
             {"DELETE", "/v1/something/{new}"},
             {"PUT", "/v1/connectors/{id}/{version}"},
             {"POST", "/v1/publish"},
             {"POST", "/v1/tenants/{tenant}/installs"},
             {"POST", "/v1/tenants/{tenant}/install-requests/{id}/approve"},
             {"DELETE", "/v1/limits/{scope}/{subject}"}}) {
      router.add(method, pattern, Operation("x", "X"), [](Request&) -> Result<Response> { return Response(); });
    }
  }

  // How many of ten such requests pass.
  int pass(const Caller& who, const std::string& method, const std::string& path) {
    int passed = 0;
    for (int i = 0; i < 10; ++i) {
      RequestHead head;
      head.method = method;
      head.path = path;
      NoBody body;
      Request request{head, body, who, {}};
      const auto response = router.dispatch(request);
      if (response) ++passed;
      if (!response) CHECK(response.error().code == ErrorCode::rate_limited);
    }
    return passed;
  }

  Live<LimitRules> rules{LimitRules::defaults()};
  RateLimiter limiter{rules, std::make_unique<MemoryLimits>()};
  Router router;
};

TEST_CASE_FIXTURE(ChangeFixture, "a change counts for its caller, whatever it changes") {
  const Caller acme = caller(Role::publisher, "acme");
  CHECK(pass(acme, "DELETE", "/v1/something/x") == 3);
  CHECK(pass(acme, "POST", "/v1/tokens") == 0);
  // From another address, and with another token of the same publisher, it is the same caller.
  Caller elsewhere = caller(Role::publisher, "acme", "10.0.0.2");
  elsewhere.token_id = "another";
  CHECK(pass(elsewhere, "POST", "/v1/tokens") == 0);
  CHECK(pass(acme, "GET", "/v1/tokens") == 10);
}

TEST_CASE_FIXTURE(ChangeFixture, "many callers at one address share what it is allowed") {
  CHECK(pass(caller(Role::tenant_admin, "one"), "PUT", "/v1/tenants/one/policy") == 3);
  CHECK(pass(caller(Role::tenant_admin, "two"), "PUT", "/v1/tenants/two/policy") == 0);
  CHECK(pass(caller(Role::tenant_admin, "two", "10.0.0.9"), "PUT", "/v1/tenants/two/policy") == 3);
}

TEST_CASE_FIXTURE(ChangeFixture, "nobody at its address keeps an admin from acting") {
  CHECK(pass(caller(Role::publisher, "acme"), "DELETE", "/v1/something/x") == 3);
  CHECK(pass(caller(Role::admin, "root"), "POST", "/v1/tokens") == 3);
  CHECK(pass(caller(Role::admin, "root"), "DELETE", "/v1/limits/change/x") == 10);
}

TEST_CASE_FIXTURE(ChangeFixture, "registering counts for the address, and an admin's is a change") {
  Caller anybody;
  anybody.address = "10.0.0.1";
  CHECK(pass(anybody, "POST", "/v1/publishers") == 2);
  CHECK(pass(caller(Role::publisher, "p1"), "POST", "/v1/publishers") == 0);
  CHECK(pass(caller(Role::admin, "root"), "POST", "/v1/publishers") == 3);
  anybody.address = "10.0.0.2";
  CHECK(pass(anybody, "POST", "/v1/publishers") == 2);
}

TEST_CASE_FIXTURE(ChangeFixture, "what has a limit of its own, or needs none, is no change") {
  const Caller acme = caller(Role::publisher, "acme");
  for (const auto& [method, path] : std::vector<std::pair<const char*, const char*>>{
           {"PUT", "/v1/connectors/a/1.0.0"},
           {"POST", "/v1/publish"},
           {"POST", "/v1/tenants/t/installs"},
           {"POST", "/v1/tenants/t/install-requests/r/approve"},
           {"POST", "/v1/publishers/acme/challenges"}}) {
    CAPTURE(path);
    CHECK(pass(acme, method, path) == 10);
  }
}

}  // namespace
}  // namespace mkt
