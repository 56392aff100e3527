#include "daemon/service/garbage.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "common/base/log.h"
#include "daemon/service/catalog.h"

namespace mkt {
namespace {

constexpr std::chrono::milliseconds kJobLook{1000};
constexpr std::chrono::milliseconds kCollectEvery = std::chrono::hours(6);
// What was begun and not done: the same bytes cannot be published until it is.
constexpr std::chrono::milliseconds kCollectAgain = std::chrono::minutes(1);
constexpr std::uint32_t kRemovalsAtOnce = 1000;

constexpr std::chrono::seconds kPatienceForJob{30};

// False where it ended early, because of a stop.
bool sleep(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

Error no_turn() {
  return Error(ErrorCode::overloaded, "another daemon is doing this just now; try again later");
}

void log_removed(const GarbageReport& report) {
  if (report.blobs == 0) return;
  log_event(LogLevel::info, "removed tarballs that nothing refers to",
            {{"count", report.blobs}, {"bytes", report.bytes}});
}

// One step with a tarball, while this daemon has the job; `step` takes what is known of a removal.
template <typename Step>
Status change_removal(const Marketplace& market, const GarbageTurn& turn, const Checksum& checksum,
                      const Step& step) {
  const UtcTime now = market.now();
  return market.change(kSystem, now, Touches::nothing(), [&](Change& change) -> Status {
    Records& records = change.records();
    if (!records.holds_job(kGarbageJob, turn.term)) return no_turn();
    step(records, records.removals().find(checksum.text(), Hold::exclusive));
    return {};
  });
}

// True where a removal has begun: no version names the tarball, and none will during the removal.
Result<bool> begin_removal(const Marketplace& market, const GarbageTurn& turn,
                           const Checksum& checksum) {
  bool begun = false;
  MKT_CHECK(change_removal(market, turn, checksum, [&](Records& records, const auto&) {
    begun = !records.catalog().names_blob(checksum.text());
    if (begun) records.removals().begin(checksum.text());
  }));
  return begun;
}

// True where it was removed. After a failure the next turn does it.
Result<bool> remove_and_finish(const Marketplace& market, const GarbageTurn& turn,
                               const Checksum& checksum, UtcTime placed_before) {
  const auto is_ours = [&] { return turn.job.term() == turn.term; };
  MKT_TRY(const bool removed, market.blobs.remove(checksum, placed_before, is_ours));
  const UtcTime now = market.now();
  MKT_CHECK(change_removal(market, turn, checksum, [&](Records& records, const auto&) {
    records.removals().finish(checksum.text(), now);
  }));
  return removed;
}

Status forget_old(const Marketplace& market, const GarbageTurn& turn, const Checksum& checksum,
                  UtcTime done_before) {
  return change_removal(
      market, turn, checksum, [&](Records& records, const std::optional<Removal>& removal) {
        const bool is_old = removal && removal->done_at && *removal->done_at < done_before;
        if (is_old) records.removals().forget(checksum.text());
      });
}

// What an earlier turn has begun is done now; what was done long ago is forgotten. One that fails
// does not keep the others from being done.
Status settle_removals(const Marketplace& market, const GarbageTurn& turn, UtcTime placed_before,
                       GarbageReport& report) {
  std::string last;
  for (bool more = true; more;) {
    MKT_TRY(const auto removals, market.read([&](const Records& records) {
      return records.removals().all(last, kRemovalsAtOnce);
    }));
    for (const Removal& removal : removals) {
      if (turn.is_over()) return {};
      last = removal.checksum;
      MKT_TRY(const Checksum checksum, Checksum::parse(removal.checksum));
      if (removal.done_at) {
        MKT_CHECK(forget_old(market, turn, checksum, placed_before));
      } else if (const auto done = remove_and_finish(market, turn, checksum, placed_before);
                 !done) {
        ++report.unfinished;
        report.reason = done.error().message;
      }
    }
    more = removals.size() == kRemovalsAtOnce;
  }
  return {};
}

// False where it stays.
Result<bool> remove_unnamed(const Marketplace& market, const GarbageTurn& turn,
                            const Checksum& checksum, UtcTime placed_before, GarbageAct act) {
  MKT_TRY(const bool named, is_named(market.store, checksum));
  if (named) return false;
  if (act == GarbageAct::report) return true;
  MKT_TRY(const bool begun, begin_removal(market, turn, checksum));
  return begun ? remove_and_finish(market, turn, checksum, placed_before) : Result<bool>(false);
}

}  // namespace

Result<GarbageReport> collect_garbage(const Marketplace& market, const GarbageTurn& turn,
                                      UtcTime placed_before, GarbageAct act) {
  GarbageReport report;
  if (act == GarbageAct::remove) {
    MKT_CHECK(settle_removals(market, turn, placed_before, report));
  }
  std::optional<Checksum> last;
  for (bool more = !turn.is_over(); more;) {
    MKT_TRY(const BlobPage page, market.blobs.list(last));
    for (const StoredBlob& blob : page.blobs) {
      last = blob.checksum;
      if (turn.is_over()) return report;
      if (blob.placed_at >= placed_before) {
        MKT_TRY(const bool named, is_named(market.store, blob.checksum));
        if (!named) ++report.young;
        continue;
      }
      const auto removed = remove_unnamed(market, turn, blob.checksum, placed_before, act);
      if (!removed) {
        ++report.unfinished;
        report.reason = removed.error().message;
      }
      if (!removed || !*removed) continue;
      ++report.blobs;
      report.bytes += blob.size;
      if (report.named.size() < kMostGarbageNamed) report.named.push_back(blob.checksum);
    }
    more = page.more && !page.blobs.empty();
  }
  return report;
}

Result<GarbageReport> collect_garbage_once(const Marketplace& market, const GarbageWish& wish,
                                           const std::function<bool()>& stopping) {
  const auto job = market.store.jobs().stand_for(kGarbageJob);
  const auto end = std::chrono::steady_clock::now() + kPatienceForJob;
  auto term = job->term();
  for (; !term; term = job->term()) {
    if (stopping() || std::chrono::steady_clock::now() > end) return no_turn();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return collect_garbage(market, {*job, *term, stopping}, market.now() - wish.age, wish.act);
}

GarbageCollector::GarbageCollector(const Marketplace& market) : market_(market) {
  if (!market.is_shared()) return;  // it becomes garbage by a crash only, and a start removes that
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

GarbageCollector::~GarbageCollector() = default;

// The first round is one period after the start, so daemons that are restarted one after another do
// not each go through everything.
void GarbageCollector::work(const std::stop_token& stop) {
  auto again = kCollectAgain;  // twice as long after each failure, as a round lists the whole store
  for (auto wait = kCollectEvery; sleep(wait, stop);) {
    const bool done = collect(stop);
    wait = done ? kCollectEvery : again;
    again = done ? kCollectAgain : std::min(2 * again, kCollectEvery);
  }
}

// Stands for the job only as long as it takes: an admin may want it, too.
bool GarbageCollector::collect(const std::stop_token& stop) {
  const std::lock_guard lock(collecting_);
  const auto job = market_.store.jobs().stand_for(kGarbageJob);
  auto term = job->term();
  for (; !term; term = job->term()) {
    if (!sleep(kJobLook, stop)) return true;
  }
  const auto report = collect_garbage(market_, {*job, *term, [&] { return stop.stop_requested(); }},
                                      market_.now() - kGarbageAge);
  const bool done = report && report->unfinished == 0;
  if (!done) {
    log_event(LogLevel::warning, "tarballs that nothing refers to could not all be removed",
              {{"reason", report ? report->reason : report.error().message}});
  }
  if (report) log_removed(*report);
  return done;
}

Result<GarbageReport> GarbageCollector::collect_now(const GarbageWish& wish,
                                                    const std::function<bool()>& stopping) {
  const std::unique_lock lock(collecting_, std::try_to_lock);
  if (!lock) return Error(ErrorCode::overloaded, "the daemon is doing this just now");
  MKT_TRY(GarbageReport report, collect_garbage_once(market_, wish, stopping));
  if (wish.act == GarbageAct::remove) log_removed(report);
  return report;
}

}  // namespace mkt
