// ChangeClock: tells whether what was read from the store is still current.
//
// A reader asks for the freshness of its subject before it reads. While `holds` is true, it may
// give the same answer again. The clock moves after each commit and before the change returns to
// its caller, so no old answer is given after somebody was told of the change; beside other
// daemons, while the lease holds. Connectors share kShards counters: a change of one connector
// makes some others be read again, but never the reverse.
//
// Thread-safe. A Freshness must not outlive its clock.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "daemon/store/memory_lease.h"
#include "daemon/store/touches.h"

namespace mkt {

class Freshness {
 public:
  bool holds() const {
    if (lease_ != nullptr && !lease_->holds()) return false;
    for (const Part& part : parts_) {
      if (part.count != nullptr && part.count->load(std::memory_order_acquire) != part.value) {
        return false;
      }
    }
    return true;
  }

 private:
  friend class ChangeClock;
  using Count = std::atomic<std::uint64_t>;
  struct Part {
    const Count* count = nullptr;
    std::uint64_t value = 0;
  };
  static Part part(const Count& count) { return {&count, count.load(std::memory_order_acquire)}; }

  std::array<Part, 2> parts_;
  const MemoryLease* lease_ = nullptr;
};

class ChangeClock {
 public:
  // The lease of the store that it follows (Store::memory_lease).
  explicit ChangeClock(const MemoryLease* lease = nullptr) : lease_(lease) {}

  // Counts all commits, whatever they touched: while it is the same, the store has not changed.
  std::uint64_t changes() const { return changes_.load(std::memory_order_acquire); }
  // For everything that does not depend on a single connector, such as the keys.
  Freshness now() const {
    Freshness freshness;
    freshness.parts_[0] = Freshness::part(shared_);
    freshness.lease_ = lease_;
    return freshness;
  }
  // For what is shown of that connector.
  Freshness of_connector(std::string_view id) const {
    Freshness freshness = now();
    freshness.parts_[1] = Freshness::part(shards_[shard_of(id)]);
    return freshness;
  }

  // For what is shown of all connectors together, such as a list of them.
  Freshness of_catalog() const {
    Freshness freshness = now();
    freshness.parts_[1] = Freshness::part(catalog_);
    return freshness;
  }

  void move(const Touches& touches) {
    for (const std::string& id : touches.connectors) step(shards_[shard_of(id)]);
    if (!touches.connectors.empty() || touches.everything) step(catalog_);
    if (touches.keys || touches.publishers || touches.everything) step(shared_);
    step(changes_);
  }

 private:
  static constexpr std::size_t kShards = 4096;
  static std::size_t shard_of(std::string_view id) {
    return std::hash<std::string_view>()(id) % kShards;
  }
  static void step(Freshness::Count& count) { count.fetch_add(1, std::memory_order_release); }

  const MemoryLease* lease_;
  Freshness::Count changes_ = 0;
  Freshness::Count shared_ = 0;
  Freshness::Count catalog_ = 0;  // of all connectors
  std::array<Freshness::Count, kShards> shards_{};
};

}  // namespace mkt
