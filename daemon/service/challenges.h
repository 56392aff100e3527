// Challenges: texts to sign, as proof that somebody has the private half of a key.
//
// A challenge is a time, 128 random bits, and a MAC over both and the publisher. Only the MAC's key
// is kept, by this process or by all daemons together, so nobody can fill a table with challenges.
// A challenge may be answered several times while it is valid; that is harmless, as a key can be
// added only once. Thread-safe.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/base/mac_key.h"
#include "common/base/result.h"
#include "common/base/utc_time.h"
#include "common/connector/names.h"

namespace mkt {

class Challenges {
 public:
  static constexpr std::chrono::minutes kValidFor{5};

  // With a key that all daemons share, a challenge of one is good at the others.
  explicit Challenges(const MacKey& key) : key_(key) {}
  Challenges() : Challenges(MacKey::random()) {}

  std::string issue(const PublisherId& publisher, UtcTime now) const;

  // key_proof_invalid for a challenge that is not ours, is another publisher's, or is too old.
  Status check(std::string_view challenge, const PublisherId& publisher, UtcTime now) const;

 private:
  MacKey key_;
};

}  // namespace mkt
