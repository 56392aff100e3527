// When a session ends, and what a cookie and a form must hold.
#include "daemon/web/sessions.h"

#include <doctest/doctest.h>

#include "daemon/web/cookie.h"

namespace mkt {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

struct SessionsFixture {
  UtcTime now = *parse_utc("2026-01-31T12:00:00Z");
  Sessions sessions{[this] { return now; }};
};

TEST_CASE_FIXTURE(SessionsFixture, "a session is found by its id alone") {
  const std::string id = sessions.begin("token");
  CHECK(id.size() == 64);
  CHECK(sessions.begin("token") != id);
  const auto session = sessions.find(id);
  REQUIRE(session);
  CHECK(session->token_id == "token");
  CHECK(session->form_secret.size() == 64);
  CHECK_FALSE(sessions.find(""));
  CHECK_FALSE(sessions.find(std::string(64, '0')));
  CHECK_FALSE(sessions.find(id.substr(1)));
}

TEST_CASE_FIXTURE(SessionsFixture, "a session ends an hour after its last use") {
  const std::string id = sessions.begin("token");
  now += minutes(59);
  CHECK(sessions.find(id));
  now += minutes(59);
  CHECK(sessions.find(id));
  now += minutes(60);
  CHECK_FALSE(sessions.find(id));
  now -= minutes(60);
  CHECK_FALSE(sessions.find(id));
}

TEST_CASE_FIXTURE(SessionsFixture, "a session ends eight hours after it began, used or not") {
  const std::string id = sessions.begin("token");
  for (int i = 0; i < 15; ++i) {
    now += minutes(30);
    CHECK(sessions.find(id));
  }
  now += minutes(30);
  CHECK_FALSE(sessions.find(id));
}

TEST_CASE_FIXTURE(SessionsFixture, "who signs out is out at once, and nobody else") {
  const std::string one = sessions.begin("token");
  const std::string two = sessions.begin("token");
  sessions.end(one);
  CHECK_FALSE(sessions.find(one));
  CHECK(sessions.find(two));
}

TEST_CASE_FIXTURE(SessionsFixture, "a token has a bounded number of sessions, and ends its own") {
  const std::string other = sessions.begin("other");
  const std::string first = sessions.begin("token");
  std::string last;
  for (std::size_t i = 0; i < Sessions::kMaxOfToken; ++i) {
    now += minutes(1);
    last = sessions.begin("token");
  }
  CHECK_FALSE(sessions.find(first));
  CHECK(sessions.find(last));
  CHECK(sessions.find(other));
}

TEST_CASE("secrets are compared whole") {
  CHECK(same_secret("abc", "abc"));
  CHECK_FALSE(same_secret("abc", "abd"));
  CHECK_FALSE(same_secret("abc", "ab"));
  CHECK_FALSE(same_secret("abc", ""));
}

RequestHead head_with(std::vector<std::pair<std::string, std::string>> headers) {
  RequestHead head;
  head.headers = std::move(headers);
  return head;
}

TEST_CASE("the cookie is for this host alone where the browser came by https") {
  const RequestHead https = head_with({{"origin", "https://mkt.example"}});
  CHECK(set_session_cookie(https, "x") ==
        "__Host-mkt-session=x; Path=/; HttpOnly; SameSite=Strict; Max-Age=28800; Secure");
  RequestHead own_tls =
      head_with({});  // no Origin, as some browsers have it for a form of their own site
  own_tls.came_by_tls = true;
  CHECK(set_session_cookie(own_tls, "x").ends_with("; Secure"));
  CHECK(set_session_cookie(own_tls, "x").starts_with("__Host-mkt-session=x; "));
  const RequestHead http = head_with({{"origin", "http://127.0.0.1:3456"}});
  CHECK(set_session_cookie(http, "x") ==
        "mkt-session=x; Path=/; HttpOnly; SameSite=Strict; Max-Age=28800");
  CHECK(clear_session_cookie(http) == "mkt-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
}

TEST_CASE("the cookie is found among others") {
  CHECK(session_cookie(head_with({{"cookie", "a=b; mkt-session=x; c=d"}})) == "x");
  CHECK(session_cookie(head_with({{"cookie", "mkt-session=x; __Host-mkt-session=y"}})) == "y");
  CHECK(session_cookie(head_with({{"cookie", "xmkt-session=x; mkt-sessionx=y; =; ;;"}})).empty());
  CHECK(session_cookie(head_with({})).empty());
}

}  // namespace
}  // namespace mkt
