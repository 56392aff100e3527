// The cookie that holds a session (RFC 6265; service/sessions.h has what is in it).
//
// Where the browser came by https, the cookie's name is __Host-mkt-session: browsers take that only
// with Secure and for this host alone, so no other host of the domain can set it. By http, as on
// one's own machine, it is mkt-session. Scripts cannot read it, and no other site's page makes a
// browser send it.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/request_head.h"

namespace mkt {

struct SessionCookie {
  std::string_view name;
  std::string_view value;
};

// Those of the request, that of https first. A browser may send several: it does not tell apart
// ports, nor http and https.
std::vector<SessionCookie> session_cookies(const RequestHead& head);

// Values of Set-Cookie, as the answer to a form: the cookie, and that it is forgotten under the
// other name.
std::array<std::string, 2> set_session_cookies(const RequestHead& head, std::string_view value);
// Values that make a browser forget it under both names.
std::array<std::string, 2> cleared_session_cookies();
// The same cookie with another value.
std::string renewed_session_cookie(std::string_view name, std::string_view value);

}  // namespace mkt
