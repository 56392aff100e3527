// TokenCache: recently used tokens, as every request looks one up.
//
// The view calls `forget` after a change of a token has committed and before the change returns to
// its caller. After that, `keep` ignores what was read from the store earlier. So nobody finds a
// revoked token once its revocation has been answered. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "daemon/store/records/tokens.h"

namespace mkt {

class TokenCache {
 public:
  static constexpr std::size_t kMaxTokens = 10'000;

  std::optional<TokenRecord> find(std::string_view id) const;

  // Call this before reading the database, and pass the result to `keep` with the token.
  std::uint64_t generation() const;
  // Does nothing where a token was forgotten since that generation.
  void keep(const TokenRecord& token, std::uint64_t generation);
  void forget(std::string_view id);
  void forget_all();

 private:
  mutable std::shared_mutex mutex_;
  std::uint64_t generation_ = 0;                         // guarded by mutex_
  std::unordered_map<std::string, TokenRecord> tokens_;  // guarded by mutex_
};

}  // namespace mkt
