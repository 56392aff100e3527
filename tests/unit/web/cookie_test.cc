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
}

TEST_CASE("a browser forgets the cookie of either way") {
  const auto cleared = cleared_session_cookies();
  CHECK(cleared[0] == "__Host-mkt-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0; Secure");
  CHECK(cleared[1] == "mkt-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
}

TEST_CASE("a cookie is renewed as it came, whatever the request says of its own way") {
  // A proxy speaks https; a request without a form tells nothing of that.
  CHECK(renewed_session_cookie(head_with({{"cookie", "__Host-mkt-session=x"}}), "y") ==
        "__Host-mkt-session=y; Path=/; HttpOnly; SameSite=Strict; Max-Age=28800; Secure");
  CHECK(renewed_session_cookie(head_with({{"cookie", "mkt-session=x"}}), "y") ==
        "mkt-session=y; Path=/; HttpOnly; SameSite=Strict; Max-Age=28800");
}

TEST_CASE("the cookie is found among others") {
  CHECK(session_cookie(head_with({{"cookie", "a=b; mkt-session=x; c=d"}})) == "x");
  CHECK(session_cookie(head_with({{"cookie", "mkt-session=x; __Host-mkt-session=y"}})) == "y");
  CHECK(session_cookie(head_with({{"cookie", "xmkt-session=x; mkt-sessionx=y; =; ;;"}})).empty());
  CHECK(session_cookie(head_with({})).empty());
}

}  // namespace
}  // namespace mkt
