// SecretScan: looks for credentials in the middle of a file, before others can read it.
//
// Found are tokens that well-known services issue with a mark of their own (AWS, GitHub, GitLab,
// npm, Slack, Stripe, mkt) and private keys in PEM with a body. A mark with a placeholder behind
// it, such as ghp_xxxx… or AWS's own AKIA…EXAMPLE, is none. Passwords without a mark are not found.
// Use from one thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mkt {

class SecretScan {
 public:
  // The next bytes of the file. Memory: these and a short piece of what came before.
  void feed(std::span<const std::uint8_t> bytes);

  // "holds what looks like an access token of GitHub"; empty while nothing was found.
  const std::string& found() const { return found_; }

 private:
  std::string window_;
  bool begins_file_ = true;  // the window does
  std::string found_;
};

}  // namespace mkt
