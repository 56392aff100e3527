// SecretScan: looks for credentials anywhere in a file, before others can read it.
//
// It finds tokens that well-known services (AWS, GitHub, GitLab, npm, Slack, Stripe, mkt) issue
// with a mark of their own, and private keys in PEM that have a body. A mark before a placeholder,
// such as ghp_xxxx… or AWS's own AKIA…EXAMPLE, does not count. It does not find passwords without a
// mark. Use from one thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mkt {

class SecretScan {
 public:
  // Takes the next bytes of the file. Keeps only them and a short piece of what came before.
  void feed(std::span<const std::uint8_t> bytes);

  // Such as "holds what looks like an access token of GitHub"; empty while nothing was found.
  const std::string& found() const { return found_; }

 private:
  std::string window_;
  bool begins_file_ = true;  // true while the window begins the file
  std::string found_;
};

}  // namespace mkt
