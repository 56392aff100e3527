// Keeps tokens that may do less than their role (rules/token_scope.h) to that.
//
// A token that may only read changes nothing. A token for some connectors uses only the routes of
// these, and changes nothing else: a route that changes something and does not name its connector
// in the path is refused, unless its service asks (require_connector).
#pragma once

#include <string_view>

#include "daemon/http/router.h"

namespace mkt {

// Returns a handler that asks first. For Router::surround.
Handler keep_to_scope(std::string_view method, std::string_view pattern, Handler handler);

}  // namespace mkt
