// SignInFailures: which failed sign-ins the audit log tells of, so that it tells of an attack and
// cannot be filled by one.
//
// The first failure from an address is told at once. What follows from the same address within
// kTogether is told together, as a number. At most kAddresses are told apart within kTogether; the
// failures from others are one number. So the log grows by at most 2 * kAddresses + 1 entries in
// kTogether. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/base/utc_time.h"

namespace mkt {

struct SignInFailure {
  std::string address;   // empty: of several, none of which is told by itself
  std::string token_id;  // the public part of the first token that has one
  std::uint64_t count = 0;
  UtcTime since;  // the first of them
};

class SignInFailures {
 public:
  static constexpr std::chrono::minutes kTogether{10};
  static constexpr std::size_t kAddresses = 20;

  void add(std::string_view address, std::string_view token_id, UtcTime at);
  // What is to be told now, once. With `all`, also what would wait; for the end.
  std::vector<SignInFailure> take(UtcTime now, bool all = false);
  // Is there something that was not told yet?
  bool waits() const;

 private:
  struct Told {
    SignInFailure failure;  // not told yet where its count is not 0
    UtcTime window;         // told together until kTogether after this
  };
  std::map<std::string, Told, std::less<>> by_address_;
  SignInFailure others_;
};

}  // namespace mkt
