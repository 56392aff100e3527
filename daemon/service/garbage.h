// Garbage: tarballs that no version names, which are removed while daemons serve.
//
// A publication places its tarball, and then commits the version that names it. A daemon that dies
// in between leaves a tarball without a version. It is removed when it is kGarbageAge old, which is
// longer than any publication takes.
//
// What keeps a version from losing the bytes that are published again just then depends on the
// store. Where several daemons share it, no publication of the same bytes commits during a removal
// (records/removals.h): it fails as `overloaded`, and its client tries again. Where one daemon has
// the files, they know its uploads, and look again under their lock (blobs/file_blobs.h): there
// nothing has to wait, and an age of nothing is safe.
//
// A removal that a daemon died over is done by whoever has the job "gc" next.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/service/marketplace.h"

namespace mkt {

inline constexpr std::chrono::hours kGarbageAge{24};
inline constexpr const char* kGarbageJob = "gc";

// The report names this many of the tarballs; it counts all.
inline constexpr std::size_t kMostGarbageNamed = 1000;

struct GarbageReport {
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;
  std::vector<Checksum> named = {};  // the first of those
  std::uint64_t young = 0;           // that nothing refers to either, and that stay for their age
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

// Whether garbage goes, or the report only says what would go.
enum class GarbageAct { remove, report };

// Goes through all tarballs once, and removes those that were placed before that time and that no
// version names. Ends early when the turn is over.
Result<GarbageReport> collect_garbage(const Marketplace& market, const GarbageTurn& turn,
                                      UtcTime placed_before, GarbageAct act = GarbageAct::remove);

// What an admin asks for.
struct GarbageWish {
  std::chrono::milliseconds age = kGarbageAge;  // at least this old
  GarbageAct act = GarbageAct::remove;
};
// One round, as soon as this process has the job. overloaded where another daemon is doing it and
// goes on for long.
Result<GarbageReport> collect_garbage_once(
    const Marketplace& market, const GarbageWish& wish,
    const std::function<bool()>& stopping = [] { return false; });

// Collects the garbage of a running daemon: when an admin asks, and where daemons share the store
// from time to time, too, when it gets the job. At most one thread; the destructor joins it.
class GarbageCollector {
 public:
  explicit GarbageCollector(const Marketplace& market);
  ~GarbageCollector();
  GarbageCollector(const GarbageCollector&) = delete;
  GarbageCollector& operator=(const GarbageCollector&) = delete;

  // As collect_garbage_once; overloaded, too, while this daemon does it already. Any thread.
  Result<GarbageReport> collect_now(const GarbageWish& wish, const std::function<bool()>& stopping);

 private:
  void work(const std::stop_token& stop);
  // False where something is left to be done soon.
  bool collect(const std::stop_token& stop);

  const Marketplace& market_;
  std::mutex collecting_;  // one turn at a time: a process has one lease of a job (store/jobs.h)
  std::jthread thread_;    // last: it uses the other members
};

}  // namespace mkt
