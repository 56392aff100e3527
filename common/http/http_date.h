// The date of an HTTP message, RFC 9110 section 5.6.7, in the one form that senders may use:
// IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT". Thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "common/base/utc_time.h"

namespace mkt {

// nullopt for anything else. The day of the week is not checked.
std::optional<UtcTime> parse_http_date(std::string_view text);

}  // namespace mkt
