// Rate limiting: what is under a limit passes, and of what is over it exactly the limit.
//
// Many tenants each use all they have: nobody is refused. One asks for three times as much at once:
// so many pass and not one more. Then one goes on without pause over several windows: in no span of
// a window's length do more than the limit pass, by the clients' own clocks. Once counted in the
// daemon's memory, once in Redis where that is installed.
#include <fmt/format.h>

#include <algorithm>

#include "tests/load/catalog.h"
#include "tests/load/record.h"
#include "tests/load/redis_process.h"
#include "tests/load/scenario.h"

namespace mkt::load {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kLimit = 20;
constexpr std::size_t kSteadyLimit = 50;
constexpr milliseconds kWindow{1000};
constexpr milliseconds kSteadyTime{3500};
constexpr std::size_t kWindows = 4;  // that begin in that time

std::vector<Call> installs(Registry& registry, const Catalog& catalog, const std::string& tenant,
                           std::size_t count) {
  std::vector<Call> calls;
  for (std::size_t i = 0; i < count; ++i) {
    calls.push_back({0, registry.installing(tenant, catalog.ids()[0], "1.0.0"), 0});
  }
  return calls;
}

Load burst(std::string name, std::vector<Call> calls) {
  Load load;
  load.name = std::move(name);
  load.operations = {"install"};
  load.connections = 32;
  load.duration = std::chrono::minutes(1);
  load.next = in_turn(std::move(calls));
  load.judge = judge_refusals;
  return load;
}

void under_the_limit(Registry& registry, const Catalog& catalog, const std::string& where,
                     std::size_t tenants, ScenarioReport& report) {
  std::vector<Call> calls;
  for (std::size_t t = 0; t < tenants; ++t) {
    auto more = installs(registry, catalog, registry.name(fmt::format("under-{}", t)), kLimit);
    std::move(more.begin(), more.end(), std::back_inserter(calls));
  }
  report.runs.push_back(
      drive(registry.url(), burst("tenants within their limits, " + where, std::move(calls))));
  const Measurement& run = report.runs.back();
  report.check(run.count(Outcome::answered) == run.total(),
               fmt::format("{}: {} were refused and {} failed that were within their limit",
                           run.name(), run.count(Outcome::refused), run.count(Outcome::failed)));
}

void over_the_limit(Registry& registry, const Catalog& catalog, const std::string& where,
                    ScenarioReport& report) {
  report.runs.push_back(
      drive(registry.url(), burst("one beyond its limit, " + where,
                                  installs(registry, catalog, registry.name("over"), 3 * kLimit))));
  const Measurement& run = report.runs.back();
  report.check(run.count(Outcome::answered) == kLimit && run.count(Outcome::failed) == 0,
               fmt::format("{}: {} passed and {} failed; {} should pass", run.name(),
                           run.count(Outcome::answered), run.count(Outcome::failed), kLimit));
}

void without_pause(Registry& registry, const Catalog& catalog, const std::string& where,
                   bool in_redis, bool quick, ScenarioReport& report) {
  std::vector<SteadyTime> sent, received;  // of those that passed
  Load load;
  load.name = "one without pause, " + where;
  load.operations = {"tarball"};
  load.connections = 8;
  load.duration = kSteadyTime;
  load.next = [path = fmt::format("/v1/connectors/{}/1.0.0/tarball", catalog.ids()[0])] {
    return std::optional(Call{0, {"GET", path, {}, {}, {}}, 0});
  };
  load.judge = [&](const Call& call, const Reply& reply) {
    const Outcome outcome = judge_refusals(call, reply);
    if (outcome == Outcome::answered) {
      sent.push_back(reply.sent);
      received.push_back(reply.received);
    }
    return outcome;
  };
  report.runs.push_back(drive(registry.url(), std::move(load)));
  const Measurement& run = report.runs.back();
  report.check(run.count(Outcome::failed) == 0, run.name() + ": some failed otherwise");

  // Each was counted at some moment between being sent and being answered. So the n-th to be
  // counted was not counted before the n-th to be sent, nor after the n-th to be answered.
  std::sort(sent.begin(), sent.end());
  std::sort(received.begin(), received.end());
  auto shortest = Histogram::Duration::max();
  for (std::size_t i = 0; i + kSteadyLimit < sent.size(); ++i) {
    shortest = std::min<Histogram::Duration>(shortest, received[i + kSteadyLimit] - sent[i]);
  }
  // A Redis that does not get the processor for 50 ms is taken for dead, and memory counts for a
  // while: on a machine that others use at the same time that is no mistake.
  report.check(
      shortest >= kWindow || (in_redis && quick),
      fmt::format("{}: {} passed within {}; in {} ms no more than {} should", run.name(),
                  kSteadyLimit + 1, format_latency(shortest), kWindow.count(), kSteadyLimit));
  report.check(
      sent.size() >= (kWindows - 1) * kSteadyLimit && sent.size() <= kWindows * kSteadyLimit,
      fmt::format("{}: {} passed in {} ms; {} windows began", run.name(), sent.size(),
                  kSteadyTime.count(), kWindows));
  report.figures.push_back(
      {fmt::format("passed in {} ms at {} a second, {}", kSteadyTime.count(), kSteadyLimit, where),
       static_cast<double>(sent.size()), ""});
}

void measure(const Options& options, const std::string& where, const std::string& redis_url,
             ScenarioReport& report) {
  DaemonOptions daemon;
  daemon.limits = {"publish=off",
                   "search=off",
                   "change=off",
                   "register=off",
                   "auth-failure=off",
                   fmt::format("install={}/1h", kLimit),
                   fmt::format("download={}/{}s", kSteadyLimit, kWindow.count() / 1000)};
  daemon.redis_url = redis_url;
  Registry registry(options, daemon);
  const Catalog catalog(registry, 1);
  under_the_limit(registry, catalog, where, options.by_size<std::size_t>(50, 500), report);
  over_the_limit(registry, catalog, where, report);
  without_pause(registry, catalog, where, !redis_url.empty(), options.quick, report);
}

}  // namespace

ScenarioReport run_rate_limit(const Options& options) {
  ScenarioReport report;
  measure(options, "in memory", "", report);
  if (!RedisProcess::is_installed()) {
    report.skipped.emplace_back("limits in Redis: redis-server is not installed");
    return report;
  }
  const auto folder =
      TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-load-redis-");
  if (!folder) throw std::runtime_error(folder.error().message);
  RedisProcess redis(folder->path());
  redis.start();
  measure(options, "in Redis", redis.url(), report);
  return report;
}

}  // namespace mkt::load
