// What a session's cookie is called, how it is set, and that it is found.
#include "daemon/web/cookie.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

RequestHead head_with(std::vector<std::pair<std::string, std::string>> headers) {
  RequestHead head;
  head.headers = std::move(headers);
  return head;
}

TEST_CASE("the cookie is for this host alone where the browser came by https") {
  const RequestHead https = head_with({{"origin", "https://mkt.example"}});
  CHECK(set_session_cookies(https, "x")[0] ==
        "__Host-mkt-session=x; Path=/; HttpOnly; SameSite=Strict; Max-Age=28800; Secure");
  CHECK(set_session_cookies(https, "x")[1] ==
        "mkt-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
  RequestHead own_tls =
      head_with({});  // no Origin, as some browsers have it for a form of their own site
  own_tls.came_by_tls = true;
  CHECK(set_session_cookies(own_tls, "x")[0].ends_with("; Secure"));
  CHECK(set_session_cookies(own_tls, "x")[0].starts_with("__Host-mkt-session=x; "));
  const RequestHead http = head_with({{"origin", "http://127.0.0.1:3456"}});
  CHECK(set_session_cookies(http, "x")[0] ==
        "mkt-session=x; Path=/; HttpOnly; SameSite=Strict; Max-Age=28800");
  CHECK(set_session_cookies(http, "x")[1].starts_with("__Host-mkt-session=; "));
}

TEST_CASE("a browser forgets the cookie of either way") {
  const auto cleared = cleared_session_cookies();
  CHECK(cleared[0] == "__Host-mkt-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0; Secure");
  CHECK(cleared[1] == "mkt-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
}

TEST_CASE("a cookie is renewed as it came, whatever the request says of its own way") {
  CHECK(renewed_session_cookie("__Host-mkt-session", "y") ==
        "__Host-mkt-session=y; Path=/; HttpOnly; SameSite=Strict; Max-Age=28800; Secure");
  CHECK(renewed_session_cookie("mkt-session", "y") ==
        "mkt-session=y; Path=/; HttpOnly; SameSite=Strict; Max-Age=28800");
}

std::string cookies_in(const std::vector<std::string>& fields) {
  RequestHead head;
  for (const std::string& field : fields) head.headers.emplace_back("cookie", field);
  std::string all;
  for (const SessionCookie& cookie : session_cookies(head)) {
    all += std::string(cookie.name) + "=" + std::string(cookie.value) + " ";
  }
  return all;
}

TEST_CASE("the cookies are found among others, that of https first, and not too many") {
  CHECK(cookies_in({"a=b; mkt-session=x; c=d"}) == "mkt-session=x ");
  CHECK(cookies_in({"mkt-session=x; __Host-mkt-session=y"}) ==
        "__Host-mkt-session=y mkt-session=x ");
  CHECK(cookies_in({"mkt-session=x", "__Host-mkt-session=y"}) ==
        "__Host-mkt-session=y mkt-session=x ");
  CHECK(cookies_in({"xmkt-session=x; mkt-sessionx=y; mkt-session=; =; ;;"}).empty());
  CHECK(cookies_in({}).empty());
  CHECK(cookies_in({"mkt-session=1; mkt-session=2; mkt-session=3; mkt-session=4; mkt-session=5"}) ==
        "mkt-session=1 mkt-session=2 mkt-session=3 mkt-session=4 ");
}

}  // namespace
}  // namespace mkt
