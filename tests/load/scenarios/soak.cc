// Soak: the same load for a long time, and nothing grows: not memory, not descriptors, not latency.
//
// Reads, installs of what is installed already and publishes of what is published already: the
// registry holds as much at the end as at the beginning, so whatever grows is a leak. A burst and
// the first quarter warm up, so that what it keeps for more to do at once, threads and connections
// to its database, is there; the last quarter is held against the second. On a busy machine a later
// moment may be busier still: then descriptors may grow to what the pools may hold, no further.
#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "daemon/store/sqlite/sqlite_store.h"
#include "tests/load/catalog.h"
#include "tests/load/open_files.h"
#include "tests/load/record.h"
#include "tests/load/scenario.h"

namespace mkt::load {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kSoakConnectors = 50;
constexpr std::size_t kTenants = 20;
constexpr std::size_t kBurst = 3000;
constexpr std::size_t kBurstConnections = 64;
constexpr double kMaxGrowth = 1.10;                  // of memory
constexpr double kAllowedBytes = 8.0 * 1024 * 1024;  // that an allocator may keep by chance
constexpr std::size_t kOtherSockets = 8;             // listeners and the like
constexpr std::size_t kMaxOtherFiles = 4;  // more at the end: what is under way when counted
// A sanitizer keeps what was freed, to know who still uses it: AddressSanitizer 256 MiB by default.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kSanitizerBytes = 256.0 * 1024 * 1024;
#else
constexpr double kSanitizerBytes = 0;
#endif
constexpr int kMaxSlowdown = 2;  // of p99, from one quarter to another
constexpr Histogram::Duration kAllowedSlowdown = milliseconds(10);

struct Sample {
  double bytes = 0;
  std::size_t threads = 0;
  OpenFiles open;
};

Sample sample_of(pid_t pid) {
  const std::filesystem::path process = fmt::format("/proc/{}", pid);
  std::ifstream statm(process / "statm");
  double size = 0, resident = 0;
  statm >> size >> resident;
  const auto threads = std::filesystem::directory_iterator(process / "task");
  return {resident * static_cast<double>(::sysconf(_SC_PAGESIZE)),
          static_cast<std::size_t>(std::distance(begin(threads), end(threads))),
          OpenFiles::of(pid)};
}

// What the daemon may hold open for so many clients with so many threads: each client may be given
// a tarball, each thread may read the database beside the connections that are kept for later. Of
// each connection to the database there are two files, and one more for all.
OpenFileBounds bounds_of(std::size_t clients, std::size_t threads) {
  const std::size_t connections = SqliteStore::kMaxIdleReaders + threads + 1;
  return {clients + kOtherSockets, 2 * connections + 1, clients, kMaxOtherFiles};
}

// The largest numbers of a quarter, 0 to 3.
Sample most_in_quarter(const std::vector<Sample>& all, std::size_t quarter) {
  Sample most;
  for (std::size_t i = all.size() * quarter / 4; i < all.size() * (quarter + 1) / 4; ++i) {
    most.bytes = std::max(most.bytes, all[i].bytes);
    most.threads = std::max(most.threads, all[i].threads);
    most.open = most_of(most.open, all[i].open);
  }
  return most;
}

// The middle one: a single hiccup of the machine is no trend.
Histogram::Duration p99_in_quarter(const std::vector<Slice>& slices, std::size_t quarter) {
  std::vector<Histogram::Duration> all;
  for (std::size_t i = slices.size() * quarter / 4; i < slices.size() * (quarter + 1) / 4; ++i) {
    if (slices[i].answered.count() > 0) all.push_back(slices[i].answered.percentile(99));
  }
  if (all.empty()) return Histogram::Duration(0);
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

}  // namespace

ScenarioReport run_soak(const Options& options) {
  ScenarioReport report;
  Registry registry(options);
  const Catalog catalog(registry, kSoakConnectors);
  const HttpRequest published = registry.publishing(registry.name("again"), "1.0.0");
  std::vector<Sample> samples;
  std::size_t count = 0;
  std::mt19937_64 random(7);

  Load load;
  load.operations = Catalog::operations();
  const std::size_t others = load.operations.size();
  load.operations.insert(load.operations.end(), {"install", "publish"});
  load.rate = options.rate.value_or(options.by_size(300.0, 1000.0));
  load.name = fmt::format("{:.0f} requests/s", load.rate);
  load.duration =
      options.duration.value_or(options.by_size(milliseconds(4000), milliseconds(120'000)));
  load.connections = options.connections.value_or(32);
  load.next = [&]() -> std::optional<Call> {
    ++count;
    if (count % 20 == 0) return Call{others + 1, published, 0};
    if (count % 5 == 0) {
      const std::string tenant = registry.name(fmt::format("t{}", count % kTenants));
      return Call{others,
                  registry.installing(tenant, catalog.ids()[count / 20 % kSoakConnectors], "1.0.0"),
                  0};
    }
    return catalog.read(random);
  };
  Load burst = load;
  burst.name = "a burst, to warm up";
  burst.rate = 0;
  burst.requests = kBurst;
  burst.connections = kBurstConnections;
  // The burst's may still be open.
  const std::size_t clients = load.connections + burst.connections;
  Measurement warm_up = drive(registry.url(), std::move(burst));
  load.every_second = [&](Histogram::Duration) {
    samples.push_back(sample_of(registry.daemon().pid()));
  };
  report.runs.push_back(drive(registry.url(), std::move(load)));
  report.runs.push_back(std::move(warm_up));
  const Measurement& run = report.runs.front();
  for (const Measurement& each : report.runs) {
    report.check(each.count(Outcome::failed) == 0,
                 fmt::format("{}: {} requests failed", each.name(), each.count(Outcome::failed)));
  }

  const Sample before = most_in_quarter(samples, 1);
  const Sample after = most_in_quarter(samples, 3);
  const auto p99 = p99_in_quarter(run.slices(), 1);
  const auto p99_after = p99_in_quarter(run.slices(), 3);
  constexpr double kMiB = 1024 * 1024;
  report.figures = {
      {"memory in the second quarter", before.bytes / kMiB, "MiB"},
      {"memory in the last quarter", after.bytes / kMiB, "MiB"},
      {"descriptors in the second quarter", static_cast<double>(before.open.all()), ""},
      {"descriptors in the last quarter", static_cast<double>(after.open.all()), ""}};
  report.check(after.bytes <= before.bytes * kMaxGrowth + kAllowedBytes + kSanitizerBytes,
               fmt::format("memory grew from {:.1f} to {:.1f} MiB", before.bytes / kMiB,
                           after.bytes / kMiB));
  for (std::string& leak : leaks(before.open, after.open, bounds_of(clients, after.threads))) {
    report.broken.push_back(std::move(leak));
  }
  // A machine that others use at the same time says nothing of this.
  report.check(
      options.quick || p99_after <= p99 * kMaxSlowdown + kAllowedSlowdown,
      fmt::format("p99 grew from {} to {}", format_latency(p99), format_latency(p99_after)));
  return report;
}

}  // namespace mkt::load
