// A value that comes on standard input, such as a token: other users of the machine can read the
// command line, not this.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace mkt {

inline constexpr std::size_t kMaxValueInputBytes = 4096;

enum class ValueEnd { at_line_end, at_end_of_input };

// Without the blanks at both ends; empty where nothing came. `what` it is, for messages. io_error
// where it cannot be read; usage_error for one that is too long, and for one that is not one line
// of text.
Result<std::string> read_value_input(std::string_view what, ValueEnd end);

}  // namespace mkt
