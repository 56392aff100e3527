// Limits of changes: policies, publishers, owners, keys, deprecations, tokens.
//
// Every route that changes something is counted, a new one too, but for those that count in a way
// of their own (publishing, installing) and those that nobody must be kept from (deciding about an
// install, resetting a limit). A change counts for its caller, and for the client's address, in the
// scope "change". Admins are not refused for their address: others at the same address could keep
// them from revoking. A registration by anyone but an admin counts in "register", by address alone:
// publishers would be a way around every limit by publisher.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/http/router.h"
#include "daemon/limits/rate_limiter.h"

namespace mkt {

// Who is counted for a change: "publisher:acme", "tenant:team", an admin by its token; nullopt
// without a token.
std::optional<std::string> changing_subject(const Caller& caller);

// The handler, counted where the route is one of these. For Router::surround.
Handler limit_changes(RateLimiter& limiter, std::string_view method, std::string_view pattern,
                      Handler handler);

}  // namespace mkt
