#include "cli/terminal/pager.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "common/base/standard_streams.h"

namespace mkt {
namespace {

// Unset and set to nothing are two things: the latter turns the pager off.
std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

std::string pager_command() {
  if (const auto own = variable("MKT_PAGER")) return *own;
  return variable("PAGER").value_or("less");
}

}  // namespace

void print_paged(std::string_view text, const Screen& screen) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  const std::string command = pager_command();
  const bool paged =
      screen.out_is_terminal && lines >= screen.rows && !command.empty() && command != "cat";
  std::FILE* pipe = nullptr;
  if (paged) {
    // As git does: end at once where it fits, show colours, leave the screen as it was.
    ::setenv("LESS", "FRX", 0);
    std::signal(SIGPIPE, SIG_IGN);  // the reader may have seen enough
    pipe = ::popen(command.c_str(), "w");
  }
  if (pipe == nullptr) {
    write_to_stdout(text);
    return;
  }
  std::fwrite(text.data(), 1, text.size(), pipe);
  // 127 is the shell's for a command that is not there: then the text is shown without.
  const int status = ::pclose(pipe);
  std::signal(SIGPIPE, SIG_DFL);
  constexpr int kNotThere = 127;
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotThere) write_to_stdout(text);
}

}  // namespace mkt
