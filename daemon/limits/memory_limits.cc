#include "daemon/limits/memory_limits.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace mkt {

static_assert(crypto_shorthash_siphashx24_BYTES == 16);
static_assert(crypto_shorthash_siphashx24_KEYBYTES == 16);

MemoryLimits::MemoryLimits(Clock& clock, std::size_t most_keys)
    : clock_(clock),
      most_in_generation_(std::max<std::size_t>(1, most_keys / 2 / kShards)),
      secret_(),
      shards_(kShards) {
  randombytes_buf(secret_.data(), secret_.size());
}

MemoryLimits::Hash MemoryLimits::hash_of(const LimitKey& key) const {
  constexpr std::size_t kInPlace = 256;
  std::array<unsigned char, kInPlace> place;
  std::string longer;
  unsigned char* text = place.data();
  if (key.subject.size() >= kInPlace) {
    longer.resize(key.subject.size() + 1);
    text = reinterpret_cast<unsigned char*>(longer.data());
  }
  text[0] = static_cast<unsigned char>(key.scope);
  std::memcpy(text + 1, key.subject.data(), key.subject.size());
  Hash hash;
  crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(hash.data()), text,
                              key.subject.size() + 1, secret_.data());
  return hash;
}

MemoryLimits::Now MemoryLimits::now() const {
  constexpr std::int64_t kNanoseconds = 1'000'000;
  const std::int64_t ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(clock_.now().time_since_epoch()).count();
  const std::int64_t ms = ns / kNanoseconds;
  const std::int64_t up = (ns + kNanoseconds - 1) / kNanoseconds;
  return {ms, {static_cast<std::uint32_t>(ms), static_cast<std::uint32_t>(up)}};
}

void MemoryLimits::age_generations(Shard& shard, const Limit& limit, std::int64_t now_ms) {
  shard.longest = std::max<std::int64_t>(shard.longest, limit.window.count());
  const std::int64_t since = now_ms - shard.young_since;
  // The older generation was last used before the younger began, so its windows have passed.
  if (since <= shard.longest && shard.young.size() < most_in_generation_) return;
  shard.old = since <= 2 * shard.longest ? std::exchange(shard.young, {}) : Windows();
  shard.young.clear();
  shard.young_since = now_ms;
}

SlidingWindow* MemoryLimits::find(Shard& shard, const Hash& hash, const Limit& limit,
                                  std::int64_t now_ms) {
  age_generations(shard, limit, now_ms);
  if (const auto it = shard.young.find(hash); it != shard.young.end()) return &it->second;
  const auto it = shard.old.find(hash);
  if (it == shard.old.end()) return nullptr;
  return &shard.young.insert(shard.old.extract(it)).position->second;
}

SlidingWindow& MemoryLimits::window_of(Shard& shard, const Hash& hash, const Limit& limit,
                                       std::int64_t now_ms) {
  if (SlidingWindow* window = find(shard, hash, limit, now_ms)) return *window;
  return shard.young[hash];
}

Result<LimitDecision> MemoryLimits::check(const LimitKey& key, const Limit& limit) {
  return check_up_to(limit.requests, key, limit);
}

Result<LimitDecision> MemoryLimits::peek(const LimitKey& key, const Limit& limit) {
  return peek_up_to(limit.requests, key, limit);
}

LimitDecision MemoryLimits::check_up_to(std::uint32_t most, const LimitKey& key,
                                        const Limit& limit) {
  const Hash hash = hash_of(key);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  const Now at = now();
  return window_of(shard, hash, limit, at.ms).check(limit, at.moment, most);
}

LimitDecision MemoryLimits::peek_up_to(std::uint32_t most, const LimitKey& key,
                                       const Limit& limit) {
  const Hash hash = hash_of(key);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  const Now at = now();
  SlidingWindow none;
  SlidingWindow* window = find(shard, hash, limit, at.ms);
  return (window != nullptr ? *window : none).peek(limit, at.moment, most);
}

void MemoryLimits::raise_to(std::uint32_t used, const LimitKey& key, const Limit& limit) {
  const Hash hash = hash_of(key);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  const Now at = now();
  window_of(shard, hash, limit, at.ms).raise_to(used, limit, at.moment);
}

Status MemoryLimits::reset(const LimitKey& key, const Limit&) {
  const Hash hash = hash_of(key);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  shard.young.erase(hash);
  shard.old.erase(hash);
  return {};
}

void MemoryLimits::clear() {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    shard.young.clear();
    shard.old.clear();
  }
}

std::size_t MemoryLimits::keys() const {
  std::size_t count = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    count += shard.young.size() + shard.old.size();
  }
  return count;
}

}  // namespace mkt
