// Times as people say them: "3 days ago", "in 2 hours".
#pragma once

#include <string>
#include <string_view>

#include "cli/terminal/table.h"
#include "common/base/utc_time.h"

namespace mkt {

std::string relative_time(UtcTime time, UtcTime now);

// A time of a message, RFC 3339: relative for people, as it is in a pipe. What is no time is shown
// as it is; an empty one as `otherwise`.
Cell time_cell(std::string_view rfc3339, UtcTime now, std::string_view otherwise = "");

}  // namespace mkt
