// StoreHealth: whether a store works, and its counters, for /readyz and /metrics.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "common/base/bucket_counts.h"

namespace mkt {

// Bounds of what every store counts.
inline constexpr auto kCommitSizes = std::to_array<double>({1, 2, 4, 8, 16, 32, 64, 128, 256});
inline constexpr auto kCommitSeconds = std::to_array<double>(
    {0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5});

struct StoreCounts {
  std::size_t waiting = 0;   // changes not yet in a commit
  std::uint64_t failed = 0;  // commits that failed
  BucketSnapshot changes;    // per commit
  BucketSnapshot seconds;    // per commit, with the disk's sync
};

class StoreHealth {
 public:
  virtual ~StoreHealth() = default;

  // The disk failed to store a change, and no change is possible any more.
  virtual bool broken() const = 0;
  // Sets a function to call once, from a thread of the store, when that happens; at once where it
  // has happened already. An empty function removes it and waits for a call in progress.
  virtual void when_broken(std::function<void()> call) = 0;
  virtual StoreCounts counts() const = 0;
};

}  // namespace mkt
