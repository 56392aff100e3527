// A tenant's requests, page by page and look by look.
#include "cli/client/tenant_client.h"

#include <doctest/doctest.h>

#include "tests/unit/client/fake_registry.h"

namespace mkt {
namespace {

struct TenantFixture {
  static wire::InstallRequestInfo request(int number, const std::string& status) {
    wire::InstallRequestInfo r;
    r.id = fmt::format("req_{}", number);
    r.tenant_id = "team";
    r.connector_id = "tool";
    r.version = "1.0.0";
    r.status = status;
    r.requested_by = "bob";
    r.requested_at = fmt::format("2026-01-01T00:{:02}:{:02}.000Z", number / 60, number % 60);
    r.expires_at = "2026-02-01T00:00:00.000Z";
    return r;
  }
  static constexpr const char* kBase = "/v1/tenants/team/install-requests";
  void answer(const std::string& query, const std::vector<wire::InstallRequestInfo>& requests,
              std::optional<std::int64_t> next = std::nullopt) {
    Json json{{"requests", Json::array()}, {"next", nullptr}};
    for (const auto& r : requests) json["requests"].push_back(r.to_json());
    if (next) json["next"] = *next;
    registry.answer(kBase + query, dump_json(json));
  }
  void answer_pending(const std::vector<wire::InstallRequestInfo>& requests) {
    answer("?limit=100&status=pending", requests);
  }
  // "req_1 pending" of each.
  static std::vector<std::string> told(RequestFeed& feed) {
    const auto news = feed.next();
    REQUIRE_MESSAGE(news, news.error().message);
    std::vector<std::string> lines;
    for (const auto& r : *news) lines.push_back(r.id + " " + r.status);
    return lines;
  }
  using Lines = std::vector<std::string>;

  FakeRegistry registry;
  Settings settings = registry.settings();
  RegistryClient client{settings};
  TenantClient tenant{client, *TenantId::parse("team")};
};

TEST_CASE_FIXTURE(TenantFixture, "a registry cannot send a client round in a circle of pages") {
  answer("?limit=50", {request(9, "pending")}, 9);
  CHECK(*tenant.requests({})->next == 9);
  RequestListOptions second;
  second.before = 9;
  for (const std::int64_t next : {9, 10, 0, -1}) {
    CAPTURE(next);
    answer("?limit=50&before=9", {request(8, "pending")}, next);
    const auto page = tenant.requests(second);
    REQUIRE_FALSE(page);
    CHECK(page.error().code == ErrorCode::invalid_json);
  }
}

TEST_CASE_FIXTURE(TenantFixture, "a look tells what is pending first, then what changed") {
  RequestFeed feed(tenant);
  answer_pending({request(2, "pending")});
  answer("?limit=100", {request(2, "pending"), request(1, "denied")});
  CHECK(told(feed) == Lines{"req_2 pending"});
  CHECK(told(feed).empty());
  answer_pending({request(4, "pending")});
  answer("?limit=100", {request(4, "pending"), request(3, "approved"), request(2, "approved")});
  CHECK(told(feed) == Lines{"req_2 approved", "req_3 approved", "req_4 pending"});
}

TEST_CASE_FIXTURE(TenantFixture, "requests beyond the newest hundred are followed too") {
  RequestFeed feed(tenant);
  std::vector<wire::InstallRequestInfo> newest;
  for (int i = 300; i > 200; --i) newest.push_back(request(i, "approved"));
  answer("?limit=100", newest, 201);
  answer_pending({request(7, "pending")});
  CHECK(told(feed) == Lines{"req_7 pending"});
  answer_pending({});
  registry.answer(fmt::format("{}/req_7", kBase), dump_json(request(7, "denied").to_json()));
  CHECK(told(feed) == Lines{"req_7 denied"});
  // More than a page came since the last look.
  newest.clear();
  for (int i = 401; i > 301; --i) newest.push_back(request(i, "approved"));
  answer("?limit=100", newest, 302);
  answer("?limit=100&before=302", {request(301, "approved"), request(300, "approved")}, 300);
  CHECK(told(feed).size() == 101);
}

TEST_CASE_FIXTURE(TenantFixture, "what a look that failed had seen is told by the next") {
  RequestFeed feed(tenant);
  answer_pending({request(1, "pending")});
  CHECK_FALSE(feed.next());  // the other listing is not answered
  answer("?limit=100", {request(1, "pending")});
  CHECK(told(feed) == Lines{"req_1 pending"});
}

}  // namespace
}  // namespace mkt
