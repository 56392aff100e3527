#include "daemon/views/token_cache.h"

namespace mkt {

std::optional<TokenRecord> TokenCache::find(std::string_view id) const {
  const std::shared_lock lock(mutex_);
  const auto it = tokens_.find(std::string(id));
  if (it == tokens_.end()) return std::nullopt;
  return it->second;
}

std::uint64_t TokenCache::generation() const {
  const std::shared_lock lock(mutex_);
  return generation_;
}

void TokenCache::keep(const TokenRecord& token, std::uint64_t generation) {
  const std::unique_lock lock(mutex_);
  if (generation != generation_) return;
  if (tokens_.size() >= kMaxTokens) tokens_.clear();
  tokens_.insert_or_assign(token.id, token);
}

void TokenCache::forget(std::string_view id) {
  const std::unique_lock lock(mutex_);
  ++generation_;
  tokens_.erase(std::string(id));
}

void TokenCache::forget_all() {
  const std::unique_lock lock(mutex_);
  ++generation_;
  tokens_.clear();
}

}  // namespace mkt
