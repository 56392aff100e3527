// TokenView: finds tokens by id, recently used ones in memory, as every request looks one up.
// Nobody finds a revoked token once its revocation has been answered. Thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "common/base/result.h"
#include "daemon/store/store.h"
#include "daemon/views/token_cache.h"

namespace mkt {

class TokenView {
 public:
  explicit TokenView(Store& store) : store_(store) {}

  Result<std::optional<TokenRecord>> find(std::string_view id) const {
    if (may_remember()) {
      if (auto kept = cache_.find(id)) return kept;
    }
    const std::uint64_t generation = cache_.generation();
    auto found =
        read_from(store_, [&](const Records& records) { return records.tokens().find(id); });
    if (found && *found) cache_.keep(**found, generation);
    return found;
  }

  void touched(const Touches& touches) {
    for (const std::string& id : touches.tokens) cache_.forget(id);
    if (touches.everything) cache_.forget_all();
  }

 private:
  bool may_remember() const {
    const MemoryLease* lease = store_.memory_lease();
    return lease == nullptr || lease->holds();
  }

  Store& store_;
  mutable TokenCache cache_;
};

}  // namespace mkt
