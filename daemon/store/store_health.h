// StoreHealth: whether a store works, and what it counts; for /readyz and /metrics.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "common/base/bucket_counts.h"

namespace mkt {

struct StoreCounts {
  std::size_t waiting = 0;   // changes that are in no commit yet
  std::uint64_t failed = 0;  // commits
  BucketSnapshot changes;    // of each commit
  BucketSnapshot seconds;    // of each commit, the disk's sync included
};

class StoreHealth {
 public:
  virtual ~StoreHealth() = default;

  // The disk failed to keep a change, and nothing can be changed any more.
  virtual bool broken() const = 0;
  // What to call, once, from a thread of the store's, when that happens, or at once where it has;
  // nothing for an empty function, which waits for a call under way.
  virtual void when_broken(std::function<void()> call) = 0;
  virtual StoreCounts counts() const = 0;
};

}  // namespace mkt
