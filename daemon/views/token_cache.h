// TokenCache: tokens that were looked up lately, since every request looks one up.
//
// The view calls `forget` after a change of a token has committed and before its caller is told.
// What was read from the store before that is not kept any more. So a revoked token
// is found nowhere once its revocation has been answered. Thread-safe.
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

  // Before the database is read; what `keep` is to be given with the token.
  std::uint64_t generation() const;
  // Does nothing where something was forgotten since that generation.
  void keep(const TokenRecord& token, std::uint64_t generation);
  void forget(std::string_view id);
  void forget_all();

 private:
  mutable std::shared_mutex mutex_;
  std::uint64_t generation_ = 0;                         // guarded by mutex_
  std::unordered_map<std::string, TokenRecord> tokens_;  // guarded by mutex_
};

}  // namespace mkt
