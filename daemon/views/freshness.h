// Freshness: whether what was read from the store is still what it holds.
//
// A reader asks for the freshness of its subject before it reads, and may give the same answer
// again for as long as `holds` says so. A change says what it touches (Touches) when it is made:
// one connector as the catalog shows it, nothing that is ever kept, or, where it says nothing, all.
// ChangeCounts is moved on after the commit and before whoever asked for the change is told, so no
// answer outlives a change that somebody was told of. Connectors share kShards counts: a change of
// one makes some others be read again, and never the reverse.
//
// Thread-safe. A Freshness must not outlive its ChangeCounts.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace mkt {

class Freshness {
 public:
  bool holds() const {
    for (const Part& part : parts_) {
      if (part.count != nullptr && part.count->load(std::memory_order_acquire) != part.value) {
        return false;
      }
    }
    return true;
  }

 private:
  friend class ChangeCounts;
  using Count = std::atomic<std::uint64_t>;
  struct Part {
    const Count* count = nullptr;
    std::uint64_t value = 0;
  };
  static Part part(const Count& count) { return {&count, count.load(std::memory_order_acquire)}; }

  std::array<Part, 2> parts_;
};

// What a change may make stale.
class Touches {
 public:
  static Touches all() { return Touches(kAll); }
  static Touches nothing_kept() { return Touches(kNothing); }
  static Touches connector(std::string_view id) { return Touches(shard_of(id)); }

 private:
  friend class ChangeCounts;
  static constexpr std::size_t kShards = 4096;
  static constexpr std::size_t kAll = kShards;
  static constexpr std::size_t kNothing = kShards + 1;

  explicit Touches(std::size_t what) : what_(what) {}
  static std::size_t shard_of(std::string_view id) {
    return std::hash<std::string_view>()(id) % kShards;
  }

  std::size_t what_;
};

class ChangeCounts {
 public:
  // Of whatever no single connector's changes touch: the keys, say.
  Freshness now() const {
    Freshness freshness;
    freshness.parts_[0] = Freshness::part(counts_[Touches::kAll]);
    return freshness;
  }
  Freshness of_connector(std::string_view id) const {
    Freshness freshness = now();
    freshness.parts_[1] = Freshness::part(counts_[Touches::shard_of(id)]);
    return freshness;
  }
  void changed(Touches touches) {
    if (touches.what_ == Touches::kNothing) return;
    counts_[touches.what_].fetch_add(1, std::memory_order_release);
  }

 private:
  std::array<Freshness::Count, Touches::kShards + 1> counts_{};
};

}  // namespace mkt
