// Challenges: texts to sign, as proof that somebody has the private half of a key.
//
// A challenge is a time, 128 random bits, and a MAC over both and the publisher. Only the MAC's
// secret is kept, by this process or by all daemons together, so nobody can fill a table with
// challenges. A challenge may be answered several times while it is valid; that is harmless, as a
// key can be added only once. Thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/utc_time.h"
#include "common/connector/names.h"

namespace mkt {

class Challenges {
 public:
  static constexpr std::chrono::minutes kValidFor{5};

  using Secret = std::array<std::uint8_t, 32>;
  static Secret new_secret();

  // With a secret that all daemons share, a challenge of one is good at the others.
  explicit Challenges(const Secret& secret) : secret_(secret) {}
  Challenges() : Challenges(new_secret()) {}
  ~Challenges();  // wipes the secret
  Challenges(const Challenges&) = delete;
  Challenges& operator=(const Challenges&) = delete;

  std::string issue(const PublisherId& publisher, UtcTime now) const;

  // key_proof_invalid for a challenge that is not ours, is another publisher's, or is too old.
  Status check(std::string_view challenge, const PublisherId& publisher, UtcTime now) const;

 private:
  std::string mac(std::string_view challenge, const PublisherId& publisher) const;
  Secret secret_;
};

}  // namespace mkt
