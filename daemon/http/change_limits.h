// Limits on changes: policies, publishers, owners, keys, deprecations, tokens.
//
// Every route that changes something is counted, also a new one. Exceptions are routes with a limit
// of their own (publishing, installing) and routes that must always be possible (deciding about an
// install, resetting a limit). A change counts for its caller and for the client's address, in the
// scope "change". An admin is never refused because of its address: others at the same address
// could then prevent revocations. A registration by anyone but an admin counts in "register", by
// address alone; otherwise new publishers would be a way around every limit by publisher.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/http/router.h"
#include "daemon/limits/rate_limiter.h"

namespace mkt {

// The subject that a change counts for: "publisher:acme", "tenant:team", an admin by its token;
// nullopt without a token.
std::optional<std::string> changing_subject(const Caller& caller);

// Returns a handler that counts first, where the route is a change. For Router::surround.
Handler limit_changes(RateLimiter& limiter, std::string_view method, std::string_view pattern,
                      Handler handler);

}  // namespace mkt
