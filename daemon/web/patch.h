// The lines of a text file that changed, as HTML.
//
// A line of more than kMaxShownLine bytes is shown from shortly before the place where it differs
// from the line that stood there, and says how many bytes are left out on either side: what changed
// at the end of a very long line is seen, too. Pure; thread-safe.
#pragma once

#include <string_view>

#include "daemon/web/html.h"

namespace mkt {

inline constexpr std::size_t kMaxShownLine = 1000;  // bytes

// Empty where too much differs (line_diff.h).
Html patch_html(std::string_view path, std::string_view before, std::string_view now);

}  // namespace mkt
