#include "cli/terminal/screen.h"

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "common/base/text.h"

namespace mkt {
namespace {

// Narrower than this nothing fits; wider than this nobody reads a line.
constexpr std::size_t kMinColumns = 20;
constexpr std::size_t kMaxColumns = 1000;

bool is_on(const std::string& value) { return !value.empty() && value != "0" && value != "false"; }

}  // namespace

bool is_ci(const Screen::Environment& environment) { return is_on(environment("CI")); }

bool color_wanted(bool is_terminal, bool no_color, const Screen::Environment& environment) {
  if (no_color || !environment("NO_COLOR").empty()) return false;
  if (is_on(environment("CLICOLOR_FORCE")) || is_on(environment("FORCE_COLOR"))) return true;
  return is_terminal && environment("TERM") != "dumb" && environment("CLICOLOR") != "0" &&
         !is_ci(environment);
}

Screen::Environment process_environment() {
  return [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
  };
}

Screen Screen::of_process(bool no_color) {
  const Environment environment = process_environment();
  Screen screen;
  screen.out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
  screen.err_is_terminal = ::isatty(STDERR_FILENO) == 1;
  struct stat out {};
  screen.out_is_file = ::fstat(STDOUT_FILENO, &out) == 0 && S_ISREG(out.st_mode);
  screen.out_color = color_wanted(screen.out_is_terminal, no_color, environment);
  screen.err_color = color_wanted(screen.err_is_terminal, no_color, environment);
  winsize size{};
  const int terminal = screen.out_is_terminal ? STDOUT_FILENO : STDERR_FILENO;
  if (::ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    screen.columns = size.ws_col;
    if (size.ws_row > 0) screen.rows = size.ws_row;
  }
  if (const auto set = parse_whole<std::size_t>(environment("COLUMNS")); set && *set > 0) {
    screen.columns = *set;
  }
  screen.columns = std::min(std::max(screen.columns, kMinColumns), kMaxColumns);
  return screen;
}

}  // namespace mkt
