// Limits on routes: counts a request before its handler runs, and sets the headers of its answer.
//
// The answer has X-RateLimit-Limit, -Remaining and -Reset (seconds since 1970), and RateLimit and
// RateLimit-Policy of the IETF's draft-ietf-httpapi-ratelimit-headers. A refused request gets a 429
// with a Retry-After that says when it would pass; its body is not read.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/signing/signature_file.h"
#include "daemon/http/router.h"
#include "daemon/limits/rate_limiter.h"

namespace mkt {

// The subject to count for; nullopt: do not count this request, as the handler will refuse it.
using SubjectOf = std::function<std::optional<std::string>(const Request&)>;

// The publisher that the token belongs to. For an admin, who publishes for the publisher of the
// signing key, see signing_subject.
std::optional<std::string> publishing_subject(const Caller& caller);
// For an admin: the publisher whose key the signature file names or, for an unknown key, the
// admin's token. Anybody else counts as itself, whatever key the file names.
std::string signing_subject(const Marketplace& market, const Caller& caller,
                            const SignatureFile& signature);
// The tenant in the path, where the caller may act for it.
std::optional<std::string> installing_subject(const Request& request);
// The client's address.
std::optional<std::string> client_subject(const Request& request);

// Counts the request and sets the answer's headers; rate_limited where it may not pass.
Status count_request(RateLimiter& limiter, LimitScope scope, const Limited& who, Request& request);
// Returns a handler that counts the request first.
Handler limited(RateLimiter& limiter, LimitScope scope, SubjectOf subject_of, Handler handler);

std::vector<std::pair<std::string, std::string>> rate_limit_headers(LimitScope scope,
                                                                    const LimitDecision& decision);
// rate_limited, with the time after which a request would pass.
Error rate_limit_error(LimitScope scope, const LimitDecision& decision);

}  // namespace mkt
