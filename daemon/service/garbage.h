// Garbage: tarballs that no version names, in a blob store that several daemons share.
//
// A publication places its tarball, and then commits the version that names it. A daemon that dies
// in between leaves a tarball without a version. It is removed when it is kGarbageAge old, which is
// longer than any publication takes. No publication of the same bytes commits meanwhile
// (records/removals.h): it fails as `overloaded`, and its client tries again.
//
// A removal that a daemon died over is done by whoever has the job "gc" next.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "daemon/service/marketplace.h"

namespace mkt {

inline constexpr std::chrono::hours kGarbageAge{24};
inline constexpr const char* kGarbageJob = "gc";

struct GarbageReport {
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;
  std::uint64_t unfinished = 0;  // that could not be removed, and are tried again in the next turn
  std::string reason = {};       // of the last of those
};

// This daemon's right to remove (store/jobs.h).
struct GarbageTurn {
  const JobLease& job;
  JobTerm term;
  std::function<bool()> stopping = [] { return false; };

  bool is_over() const { return stopping() || job.term() != term; }
};

// Goes through all tarballs once, and removes those that were placed before that time and that no
// version names. Ends early when the turn is
// over.
Result<GarbageReport> collect_garbage(const Marketplace& market, const GarbageTurn& turn,
                                      UtcTime placed_before);

// Collects garbage from time to time, when it gets the job. One thread; the destructor joins it.
class GarbageCollector {
 public:
  explicit GarbageCollector(const Marketplace& market);
  ~GarbageCollector();
  GarbageCollector(const GarbageCollector&) = delete;
  GarbageCollector& operator=(const GarbageCollector&) = delete;

 private:
  void work(const std::stop_token& stop);
  // False where something is left to be done soon.
  bool collect(const std::stop_token& stop) const;

  const Marketplace& market_;
  std::jthread thread_;  // last: it uses the other members
};

}  // namespace mkt
