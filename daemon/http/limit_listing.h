// What is left of the limits, as GET /v1/limits tells it.
#pragma once

#include <optional>
#include <string_view>

#include "common/wire/status_messages.h"
#include "daemon/http/message.h"
#include "daemon/limits/rate_limiter.h"

namespace mkt {

// Of whoever asks; or of `subject`, for admins.
Result<wire::LimitListing> list_limits(RateLimiter& limiter, const Request& request,
                                       std::optional<std::string_view> subject);

}  // namespace mkt
