#include "daemon/views/token_cache.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TokenRecord token(const std::string& id) { return {id, "hash", "ci", Role::admin, "", {}, {}, {}}; }

TEST_CASE("what was kept is found until it is forgotten") {
  TokenCache cache;
  CHECK_FALSE(cache.find("a"));
  cache.keep(token("a"), cache.generation());
  CHECK(cache.find("a"));
  cache.forget("a");
  CHECK_FALSE(cache.find("a"));
}

TEST_CASE("what was read before a change is not kept after it") {
  TokenCache cache;
  const auto before = cache.generation();
  cache.forget("a");  // revoked, while somebody was still reading it
  cache.keep(token("a"), before);
  CHECK_FALSE(cache.find("a"));
}

TEST_CASE("there are never more than the bound") {
  TokenCache cache;
  for (std::size_t i = 0; i < TokenCache::kMaxTokens + 5; ++i) {
    cache.keep(token(std::to_string(i)), cache.generation());
  }
  CHECK_FALSE(cache.find("0"));
  CHECK(cache.find(std::to_string(TokenCache::kMaxTokens + 4)));
}

}  // namespace
}  // namespace mkt
