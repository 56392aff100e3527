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

#include "daemon/http/request_head.h"

namespace mkt {

// The cookie's value; empty where there is none.
std::string_view session_cookie(const RequestHead& head);

// A value of Set-Cookie, as the answer to a form.
std::string set_session_cookie(const RequestHead& head, std::string_view value);
// Values that make a browser forget it under both names.
std::array<std::string, 2> cleared_session_cookies();
// The same as the answer to a request that came with the cookie: a browser says how it came only
// with forms.
std::string renewed_session_cookie(const RequestHead& head, std::string_view value);

}  // namespace mkt
