// StoreHealth: whether a store works, and its counters, for /readyz and /metrics.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "common/base/bucket_counts.h"

namespace mkt {

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
