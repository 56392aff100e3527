// Reading a secret from /dev/tty; see prompt.h.
#include "cli/terminal/prompt.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/encoding.h"
#include "common/base/files.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxSecretBytes = 1024;

// Switches the echo off for as long as it lives.
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

}  // namespace

std::optional<std::string> ask_secret(std::string_view question) {
  const UniqueFd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal) return std::nullopt;
  if (!write_all(terminal.get(), as_bytes(question), "the terminal")) return std::nullopt;
  std::string secret;
  {
    const NoEcho no_echo(terminal.get());
    char c = '\0';
    while (::read(terminal.get(), &c, 1) == 1 && c != '\n') {
      if (secret.size() < kMaxSecretBytes) secret += c;
    }
  }
  (void)write_all(terminal.get(), as_bytes("\n"), "the terminal");
  return secret;
}

}  // namespace mkt
