// Asks at /dev/tty.
#include "cli/terminal/prompt.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/encoding.h"
#include "common/base/files.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxLineBytes = 1024;

// Switches the echo off during its lifetime.
class NoEcho {
 public:
  explicit NoEcho(int fd) : fd_(fd) {
    if (::tcgetattr(fd, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(fd, TCSAFLUSH, &silent) == 0;
  }
  ~NoEcho() {
    if (changed_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  int fd_;
  termios before_{};
  bool changed_ = false;
};

// The controlling terminal, after printing the question; no descriptor where there is none.
UniqueFd ask(std::string_view question) {
  UniqueFd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (terminal && !write_all(terminal.get(), as_bytes(question), "the terminal")) terminal.reset();
  return terminal;
}

// nullopt where the input ends before anything was typed.
std::optional<std::string> read_line(int terminal) {
  std::string line;
  char c = '\0';
  while (::read(terminal, &c, 1) == 1) {
    if (c == '\n') return line;
    if (line.size() < kMaxLineBytes) line += c;
  }
  if (line.empty()) return std::nullopt;
  return line;
}

}  // namespace

std::optional<std::string> ask_secret(std::string_view question) {
  const UniqueFd terminal = ask(question);
  if (!terminal) return std::nullopt;
  std::string secret;
  {
    const NoEcho no_echo(terminal.get());
    secret = read_line(terminal.get()).value_or("");
  }
  (void)write_all(terminal.get(), as_bytes("\n"), "the terminal");
  return secret;
}

std::optional<std::string> ask_line(std::string_view question) {
  const UniqueFd terminal = ask(question);
  if (!terminal) return std::nullopt;
  auto line = read_line(terminal.get());
  if (!line) (void)write_all(terminal.get(), as_bytes("\n"), "the terminal");
  return line;
}

std::optional<bool> ask_yes_or_no(std::string_view question) {
  const UniqueFd terminal = ask(question);
  if (!terminal) return std::nullopt;
  const std::string answer = read_line(terminal.get()).value_or("");
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace mkt
