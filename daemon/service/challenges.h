// Challenges: what a key must sign to prove that its private half is there.
//
// A challenge is a time, 128 random bits and a MAC over both and the publisher, made with a secret
// that lives as long as the process: nothing is stored, and nobody can fill a table with
// challenges. It may be answered more than once while it is valid, which is harmless, as a key can
// be added only once. Thread-safe.
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

  Challenges();
  ~Challenges();  // wipes the secret
  Challenges(const Challenges&) = delete;
  Challenges& operator=(const Challenges&) = delete;

  std::string issue(const PublisherId& publisher, UtcTime now) const;

  // key_proof_invalid for one that is not ours, of another publisher, or too old.
  Status check(std::string_view challenge, const PublisherId& publisher, UtcTime now) const;

 private:
  std::string mac(std::string_view challenge, const PublisherId& publisher) const;
  std::array<std::uint8_t, 32> secret_;
};

}  // namespace mkt
