#include "cli/terminal/value_input.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "common/base/files.h"
#include "common/base/text.h"
#include "common/base/utf8.h"

namespace mkt {

Result<std::string> read_value_input(std::string_view what, ValueEnd end) {
  std::string text;
  for (;;) {
    char c = '\0';
    const ssize_t n = ::read(STDIN_FILENO, &c, 1);  // not beyond the end of the line
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(fmt::format("cannot read {} from standard input", what), errno);
    if (n == 0 || (c == '\n' && end == ValueEnd::at_line_end)) break;
    if (text.size() == kMaxValueInputBytes) {
      return Error(
          ErrorCode::usage_error,
          fmt::format("{} on standard input is longer than {} bytes", what, kMaxValueInputBytes));
    }
    text += c;
  }
  std::string value(trim(text));
  if (is_valid_utf8(value) && !has_control_characters(value)) return value;
  return Error(ErrorCode::usage_error,
               fmt::format("{} on standard input is not one line of text", what));
}

}  // namespace mkt
