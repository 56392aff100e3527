// The cookie that holds a session's id (RFC 6265).
//
// Where the browser came by https, the cookie's name is __Host-mkt-session: browsers take that only
// with Secure and for this host alone, so no other host of the domain can set it. By http, as on
// one's own machine, it is mkt-session. Scripts cannot read it, and no other site's page makes a
// browser send it.
#pragma once

#include <string>
#include <string_view>

#include "daemon/http/request_head.h"

namespace mkt {

// The session's id; empty where there is none.
std::string_view session_cookie(const RequestHead& head);

// Values of Set-Cookie, as the answer to a form.
std::string set_session_cookie(const RequestHead& head, std::string_view id);
std::string clear_session_cookie(const RequestHead& head);

}  // namespace mkt
