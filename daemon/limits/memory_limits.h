// MemoryLimits: requests counted in this process.
//
// Keys are spread over shards, each with a lock of its own. A key is kept as 128 bits of a keyed
// hash: of a bounded size, and nobody can make two keys meet. What was not asked for during a whole
// window leaves, and beyond kMaxKeys what was not asked for the longest leaves, and is forgiven.
// A million keys with a few requests each take some 110 MB. Thread-safe.
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
  // The same as `check` and `peek` with only `most` allowed of the limit.
  LimitDecision check_up_to(std::uint32_t most, const LimitKey& key, const Limit& limit);
  LimitDecision peek_up_to(std::uint32_t most, const LimitKey& key, const Limit& limit);

  // So many were counted elsewhere: see SlidingWindow::raise_to.
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

  // Two generations: what the older holds and nobody asks for is dropped when the younger takes its
  // place.
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    Windows young;                 // guarded by mutex
    Windows old;                   // guarded by mutex
    std::int64_t young_since = 0;  // ms, guarded by mutex
    std::int64_t longest = 0;      // ms, of the windows asked for, guarded by mutex
  };

  Hash hash_of(const LimitKey& key) const;
  Shard& shard_of(const Hash& hash) { return shards_[hash[1] % kShards]; }
  // With the shard locked.
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
