// Limits on routes: counting before the handler runs, and what every limited answer tells.
//
// The answer carries X-RateLimit-Limit, -Remaining and -Reset (seconds since 1970), and the IETF's
// draft-ietf-httpapi-ratelimit-headers, RateLimit and RateLimit-Policy. A refused request's 429 has
// a Retry-After of the second at which it will pass; its body was not read.
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

// Who is counted; nullopt: not this request, which the handler will refuse anyway.
using SubjectOf = std::function<std::optional<std::string>(const Request&)>;

// The publisher whose token this is. An admin publishes for the publisher whose key signed: see
// signing_subject.
std::optional<std::string> publishing_subject(const Caller& caller);
// The publisher whose key is named in a signature file that an admin brings; of a key that is
// nobody's the admin's token. Others count for themselves, whatever key they name.
std::string signing_subject(const Marketplace& market, const Caller& caller,
                            const SignatureFile& signature);
// The path's tenant, where the caller may act for it.
std::optional<std::string> installing_subject(const Request& request);
// The client's address.
std::optional<std::string> client_subject(const Request& request);

// Counts it, sets the answer's headers; rate_limited where no more may pass.
Status count_request(RateLimiter& limiter, LimitScope scope, const Limited& who, Request& request);
// The handler, after the request was counted.
Handler limited(RateLimiter& limiter, LimitScope scope, SubjectOf subject_of, Handler handler);

std::vector<std::pair<std::string, std::string>> rate_limit_headers(LimitScope scope,
                                                                    const LimitDecision& decision);
// rate_limited, with the time after which it would pass.
Error rate_limit_error(LimitScope scope, const LimitDecision& decision);

}  // namespace mkt
