// What is sent again, what is waited for, and for how long.
#include "cli/client/registry_client.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <ctime>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "tests/unit/client/fake_registry.h"
#include "tests/unit/reliability/fake_clock.h"

namespace mkt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct RetryFixture {
  static constexpr const char* kPath = "/v1/connectors/tool/1.0.0/tarball";
  static constexpr const char* kList = "/v1/tenants/team/installs";

  RetryFixture() {
    registry.answer(kList, R"({"limits": []})");
    registry.answer(kPath, tarball);
    settings.on_wait = [this](const std::string& text) { told.push_back(text); };
  }

  // With the settings that the test has made by then.
  RegistryClient& client() {
    if (!made) made.emplace(settings, ClientReliability{clock, budget, breakers});
    return *made;
  }

  Status download() {
    const auto sink = [this](std::span<const std::uint8_t> bytes) -> Status {
      received.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      clock.advance(slow_by);
      return {};
    };
    return client().download(*ConnectorId::parse("tool"), *Version::parse("1.0.0"), sink, {});
  }

  FakeRegistry registry;
  FakeClock clock;
  Settings settings = registry.settings();
  RetryBudget budget{clock};
  BreakerRegistry breakers;
  std::optional<RegistryClient> made;
  const std::string tarball = std::string(100'000, 'a') + std::string(100'000, 'b');
  std::string received;
  seconds slow_by{0};  // every piece of a download
  std::vector<std::string> told;
};

TEST_CASE_FIXTURE(RetryFixture, "what a registry is too busy for is asked again") {
  registry.trouble({});
  registry.trouble({});
  CHECK(client().get<wire::LimitListing>(kList));
  CHECK(clock.slept == std::vector{milliseconds(100), milliseconds(200)});
}

TEST_CASE_FIXTURE(RetryFixture,
                  "a read is sent again with the token where reads want one, and then always") {
  registry.answer("/v1/publishers", R"({"publishers": []})");
  registry.trouble({401});
  CHECK(client().publishers());
  CHECK(client().publishers());
  CHECK(registry.headers("Authorization") ==
        std::vector<std::string>{"", "Bearer secret", "Bearer secret"});
}

TEST_CASE_FIXTURE(RetryFixture,
                  "a search is sent with the token, and without one that is refused") {
  registry.answer("/v1/search?q=&page=1&pageSize=20",
                  R"({"connectors": [], "total": 0, "page": 1, "pageSize": 20, "hasMore": false})");
  CHECK(client().search({}));
  registry.trouble({401});
  CHECK(client().search({}));
  CHECK(registry.headers("Authorization") ==
        std::vector<std::string>{"Bearer secret", "Bearer secret", ""});
}

TEST_CASE_FIXTURE(RetryFixture, "a token that was refused is not replaced by another") {
  registry.answer("/v1/tokens/current", "{}");
  registry.trouble({401});
  CHECK_FALSE(client().whoami("other"));
  CHECK(registry.headers("Authorization") == std::vector<std::string>{"Bearer other"});
}

TEST_CASE_FIXTURE(RetryFixture, "a rate limit fails at once where nobody waits for it") {
  registry.trouble({429, "600"});
  const auto answer = client().get<wire::LimitListing>(kList);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::rate_limited);
  CHECK(answer.error().retry_after == seconds(600));
  CHECK(clock.slept.empty());
}

TEST_CASE_FIXTURE(RetryFixture, "a rate limit is waited out, past the deadline of the rest") {
  settings.wait_for_limits = true;
  registry.trouble({429, "600"});
  registry.trouble({503});
  registry.trouble({429, "120"});
  CHECK(client().get<wire::LimitListing>(kList));
  CHECK(clock.slept == std::vector<milliseconds>{seconds(600), milliseconds(100), seconds(120)});
  REQUIRE(told.size() == 2);
  CHECK(told[0].ends_with("waiting 10m"));
  CHECK(told[1].ends_with("waiting 2m"));
}

TEST_CASE_FIXTURE(RetryFixture,
                  "who waits for limits waits no longer for a registry that is away") {
  settings.wait_for_limits = true;
  settings.registry = "http://127.0.0.1:1";
  const auto answer = client().get<wire::LimitListing>(kList);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::registry_unavailable);
  CHECK(clock.slept == std::vector{milliseconds(100), milliseconds(200)});
}

TEST_CASE_FIXTURE(RetryFixture, "a POST is sent again under the same Idempotency-Key") {
  registry.trouble({});
  CHECK(client().send<wire::LimitListing>("POST", kList, wire::Denial{"no"}));
  const auto keys = registry.headers("Idempotency-Key");
  REQUIRE(keys.size() == 2);
  CHECK(keys[0].size() == 32);
  CHECK(keys[0] == keys[1]);
}

TEST_CASE_FIXTURE(RetryFixture, "a POST without a key is sent once") {
  registry.trouble({});
  CHECK_FALSE(client().create_token({"ci", "admin", "", {}}));
  CHECK(registry.asked().size() == 1);
  CHECK(clock.slept.empty());
}

TEST_CASE_FIXTURE(RetryFixture, "a download goes on where the connection broke") {
  registry.trouble({.cut_after = 50'000});
  registry.trouble({.cut_after = 120'000});
  CHECK(download());
  CHECK((received == tarball));
  const auto ranges = registry.headers("Range");
  REQUIRE(ranges.size() == 3);
  CHECK(ranges[0].empty());
  CHECK(ranges[1] == "bytes=50000-");
  CHECK(ranges[2] == "bytes=120000-");
}

TEST_CASE_FIXTURE(RetryFixture, "a download that gets on is not given up, however long it takes") {
  for (const std::size_t cut : {70'000U, 140'000U, 140'000U, 140'001U}) {
    registry.trouble({.cut_after = cut});
  }
  slow_by = seconds(20);
  CHECK(download());
  CHECK((received == tarball));
}

TEST_CASE_FIXTURE(RetryFixture, "a download that gets no further is given up") {
  for (int i = 0; i < 10; ++i) registry.trouble({.cut_after = 1000});
  CHECK_FALSE(download());
  CHECK(registry.asked().size() == 3);
}

TEST_CASE_FIXTURE(RetryFixture, "a date in Retry-After is a time like any other") {
  settings.wait_for_limits = true;
  const std::time_t later = std::time(nullptr) + 1800;
  char date[64];
  REQUIRE(std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&later)) > 0);
  registry.trouble({429, date});
  CHECK(client().get<wire::LimitListing>(kList));
  REQUIRE(clock.slept.size() == 1);
  CHECK(clock.slept[0] > seconds(1700));
  CHECK(clock.slept[0] <= seconds(1800));
  clock.slept.clear();
  registry.trouble({429, "Wed, 21 Oct 2015 07:28:00 GMT"});  // is over
  CHECK(client().get<wire::LimitListing>(kList));
  CHECK(clock.slept == std::vector{milliseconds(100)});
}

TEST_CASE("a request's own time-out stands in the place of the client's") {
  // Takes connections, answers nothing.
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(listener.get(), any, size) == 0);
  REQUIRE(::listen(listener.get(), 1) == 0);
  REQUIRE(::getsockname(listener.get(), any, &size) == 0);
  HttpClient client(std::chrono::hours(1));
  HttpRequest request;
  request.url = fmt::format("http://127.0.0.1:{}/", ntohs(address.sin_port));
  request.timeout = milliseconds(20);
  const auto answer = client.send(request);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::timed_out);
}

}  // namespace
}  // namespace mkt
