// Keeps tokens that may do less than their role (rules/token_scope.h) to that.
//
// A token that may only read changes nothing; what changes nothing may be a POST. A token for some
// connectors uses the routes of these alone, and changes nothing else: a route that changes
// something and names no connector in its path is refused, unless its service asks
// (require_connector). Lists show it the other connectors, too. Any token may revoke itself.
#pragma once

#include <string_view>

#include "daemon/http/router.h"

namespace mkt {

// Returns a handler that asks first. For Router::surround.
Handler keep_to_scope(std::string_view method, std::string_view pattern, Handler handler);

}  // namespace mkt
