// MemoryLimits: counts requests in this process.
//
// Keys are spread over shards, each with a lock of its own. A key is stored as 128 bits of a keyed
// hash: its size is bounded, and nobody can make two keys collide. A key that was not used for a
// whole window is dropped. Beyond kMaxKeys, the keys used longest ago are dropped too, and their
// requests no longer count. A million keys with a few requests each take some 110 MB. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "common/reliability/clock.h"
#include "daemon/limits/limit.h"
#include "daemon/limits/sliding_window.h"

namespace mkt {

class MemoryLimits : public LimitStore {
 public:
  static constexpr std::size_t kMaxKeys = 1'000'000;

  explicit MemoryLimits(Clock& clock = system_clock(), std::size_t most_keys = kMaxKeys);

  Result<LimitDecision> check(const LimitKey& key, const Limit& limit) override;
  Result<LimitDecision> peek(const LimitKey& key, const Limit& limit) override;
  Status reset(const LimitKey& key, const Limit& limit) override;
  // The same as `check` and `peek`, but with only `most` requests allowed.
  LimitDecision check_up_to(std::uint32_t most, const LimitKey& key, const Limit& limit);
  LimitDecision peek_up_to(std::uint32_t most, const LimitKey& key, const Limit& limit);

  // Another counter has counted this many: see SlidingWindow::raise_to.
  void raise_to(std::uint32_t used, const LimitKey& key, const Limit& limit);

  // Forgets everything.
  void clear();

  std::size_t keys() const;

 private:
  static constexpr std::size_t kShards = 64;
  using Hash = std::array<std::uint64_t, 2>;
  struct HashOfHash {
    std::size_t operator()(const Hash& hash) const noexcept { return hash[0]; }
  };
  using Windows = std::unordered_map<Hash, SlidingWindow, HashOfHash>;

  // Two generations: when the younger replaces the older, what is only in the older is dropped.
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    Windows young;                 // guarded by mutex
    Windows old;                   // guarded by mutex
    std::int64_t young_since = 0;  // ms, guarded by mutex
    std::int64_t longest = 0;      // ms, the longest window used, guarded by mutex
  };

  Hash hash_of(const LimitKey& key) const;
  Shard& shard_of(const Hash& hash) { return shards_[hash[1] % kShards]; }
  // Called with the shard locked.
  SlidingWindow& window_of(Shard& shard, const Hash& hash, const Limit& limit, std::int64_t now_ms);
  SlidingWindow* find(Shard& shard, const Hash& hash, const Limit& limit, std::int64_t now_ms);
  void age_generations(Shard& shard, const Limit& limit, std::int64_t now_ms);

  struct Now {
    std::int64_t ms;
    SlidingWindow::Moment moment;
  };
  Now now() const;

  Clock& clock_;
  const std::size_t most_in_generation_;
  std::array<unsigned char, 16> secret_;
  std::vector<Shard> shards_;
};

}  // namespace mkt
