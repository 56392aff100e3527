// Which cookies are sessions, when a session ends, and that every daemon knows.
#include "daemon/service/sessions.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "common/base/files.h"
#include "daemon/service/audit_log.h"
#include "daemon/service/tokens.h"
#include "tests/unit/must.h"
#include "tests/unit/service/registry.h"

namespace mkt {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct SessionsFixture {
  SessionsFixture() {
    market.now = [this] { return now; };
    for (const char* const id : {"0a", "0b"}) {
      const TokenRecord record{id, "h", id, Role::admin, "", now, {}, {}};
      REQUIRE(registry.add_token(record, {"system", "", ""}));
    }
  }
  static std::optional<Session> look(Sessions& at, std::string_view cookie) {
    auto found = at.find(cookie);
    REQUIRE(found);
    return *std::move(found);
  }
  // The cookie after this page.
  std::string visit(const std::string& cookie) {
    const auto session = look(sessions, cookie);
    REQUIRE(session);
    return session->renewed.empty() ? cookie : session->renewed;
  }
  void sign_out(Sessions& at, const std::string& cookie) {
    const auto session = look(at, cookie);
    REQUIRE(session);
    REQUIRE(at.end({"admin", "127.0.0.1", "r1", {}, session->token_id}, *session));
    CHECK(at.has_ended(*session));
  }

  UtcTime now = *parse_utc("2026-01-31T12:00:00Z");
  TemporaryFolder folder =
      *TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-sessions-");
  Registry registry{folder.path()};
  Marketplace& market = registry.market();
  const MacKey key = MacKey::random();
  Sessions sessions{market, key};
};

TEST_CASE_FIXTURE(SessionsFixture, "a session is known at every daemon that has the key") {
  const std::string cookie = sessions.begin("0a");
  CHECK(sessions.begin("0a") != cookie);
  Sessions elsewhere(market, key);
  const auto here = look(sessions, cookie);
  const auto there = look(elsewhere, cookie);
  REQUIRE(here);
  REQUIRE(there);
  CHECK(here->token_id == "0a");
  CHECK(here->form_secret.size() == 64);
  CHECK(here->renewed.empty());
  CHECK(there->id == here->id);
  CHECK(there->form_secret == here->form_secret);
  Sessions strange(market, MacKey::random());
  CHECK_FALSE(look(strange, cookie));
}

TEST_CASE_FIXTURE(SessionsFixture, "a cookie that was changed anywhere is no session") {
  const std::string cookie = sessions.begin("0a");
  for (std::size_t i = 0; i < cookie.size(); ++i) {
    std::string changed = cookie;
    changed[i] = changed[i] == '1' ? '2' : '1';
    CAPTURE(changed);
    CHECK_FALSE(look(sessions, changed));
    CHECK_FALSE(look(sessions, cookie.substr(0, i)));
  }
  for (const std::string& wrong : {cookie + "0", cookie + ".", "." + cookie, std::string("...."),
                                   std::string(1000, '.'), fmt::format("{0}.{0}", cookie)}) {
    CHECK_FALSE(look(sessions, wrong));
  }
}

TEST_CASE_FIXTURE(SessionsFixture, "nobody can make a form's secret of what the log tells") {
  const auto session = look(sessions, sessions.begin("0a"));
  REQUIRE(session);
  CHECK(session->form_secret.find(session->id) == std::string::npos);
  const auto other = look(sessions, sessions.begin("0a"));
  REQUIRE(other);
  CHECK(other->form_secret != session->form_secret);
}

TEST_CASE_FIXTURE(SessionsFixture, "a session ends an hour after its last use") {
  const std::string first = sessions.begin("0a");
  now += minutes(59);
  const std::string second = visit(first);
  now += minutes(59);
  CHECK_FALSE(look(sessions, first));  // a copy from before does not live longer
  const std::string third = visit(second);
  now += minutes(60);
  CHECK_FALSE(look(sessions, third));
}

TEST_CASE_FIXTURE(SessionsFixture, "the cookie is renewed once a minute, and its forms stay good") {
  const std::string cookie = sessions.begin("0a");
  const auto before = look(sessions, cookie);
  REQUIRE(before);
  now += seconds(59);
  CHECK(visit(cookie) == cookie);
  now += seconds(1);
  const std::string renewed = visit(cookie);
  CHECK(renewed != cookie);
  const auto after = look(sessions, renewed);
  REQUIRE(after);
  CHECK(after->id == before->id);
  CHECK(after->form_secret == before->form_secret);
}

TEST_CASE_FIXTURE(SessionsFixture, "a session ends eight hours after it began, used or not") {
  std::string cookie = sessions.begin("0a");
  for (int i = 0; i < 15; ++i) {
    now += minutes(30);
    cookie = visit(cookie);
  }
  now += minutes(30);
  CHECK_FALSE(look(sessions, cookie));
}

TEST_CASE_FIXTURE(SessionsFixture, "who signs out is out at every daemon, and nobody else") {
  Sessions elsewhere(market, key);
  const std::string one = sessions.begin("0a");
  const std::string two = sessions.begin("0a");
  const std::string three = sessions.begin("0b");
  REQUIRE(look(elsewhere, one));
  now += minutes(2);
  const std::string renewed = visit(one);
  sign_out(elsewhere, one);
  Sessions later(market, key);  // after a restart
  for (Sessions* const at : {&sessions, &elsewhere, &later}) {
    CHECK_FALSE(look(*at, one));
    CHECK_FALSE(look(*at, renewed));
    CHECK(look(*at, two));
    CHECK(look(*at, three));
  }
  CHECK(must(read_log(market, {})).back().action == "token.sign-out");
}

TEST_CASE_FIXTURE(SessionsFixture,
                  "what was signed out is read in the log where it was not heard") {
  const std::string cookie = sessions.begin("0a");
  const auto session = look(sessions, cookie);
  REQUIRE(session);
  const auto change = [&](const Touches& touches, const std::string& id) {
    REQUIRE(market.change(kSystem, now, touches, [&](Change& c) -> Status {
      c.log("token.sign-out", "0a", {{"token", "0a"}, {"session", id}});
      return {};
    }));
  };
  change(Touches::nothing(), session->id);
  CHECK(look(sessions, cookie));
  for (int i = 0; i < 1500; ++i) change(Touches::nothing(), "another");
  change(Touches::all(), "another");
  CHECK_FALSE(look(sessions, cookie));
}

}  // namespace
}  // namespace mkt
