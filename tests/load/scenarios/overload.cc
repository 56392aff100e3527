// Overload: three times as many publishes as the registry can take, beside a few readers.
//
// What is too much must be refused at once, what is accepted must not wait long, readers must not
// notice, and when it is over everything must be as before. What the registry can take is measured
// first, in a closed loop.
#include <fmt/format.h>

#include <algorithm>

#include "tests/load/catalog.h"
#include "tests/load/record.h"
#include "tests/load/scenario.h"

namespace mkt::load {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kOverloadConnectors = 20;
constexpr std::size_t kMuchVersions = 20;
constexpr double kReads = 100;               // a second
constexpr double kMaxTriedPublishes = 1500;  // a second, in finding out how many there can be
constexpr double kUsual = 0.5;               // of what the registry can take
constexpr double kOverload = 3;
// Open at once where the registry lets them wait; more are due than are answered.
constexpr std::size_t kOverloadConnections = 3000;
constexpr Histogram::Duration kQuickRefusal = milliseconds(250);
constexpr Histogram::Duration kQuickRecovery = milliseconds(1500);

class Traffic {
 public:
  Traffic(Registry& registry, const Catalog& catalog) : registry_(registry), catalog_(catalog) {}

  // Publishes at that rate and readers beside them.
  Load mixed(std::string name, double publishes, milliseconds time) {
    prepare(publishes, time);
    Load load = base(std::move(name), time);
    load.rate = publishes + kReads;
    load.connections = kOverloadConnections;
    load.next = [this, share = publishes / (publishes + kReads), due = 0.0]() mutable {
      due += share;
      if (due < 1) return std::optional(catalog_.read(random_));
      due -= 1;
      return next_publish();
    };
    return load;
  }

  Load only_publishes(std::string name, milliseconds time) {
    prepare(kMaxTriedPublishes, time);
    Load load = base(std::move(name), time);
    load.next = [this] { return next_publish(); };
    return load;
  }

 private:
  Load base(std::string name, milliseconds time) const {
    Load load;
    load.name = std::move(name);
    load.operations = Catalog::operations();
    load.operations.emplace_back("publish");
    load.duration = time;
    load.judge = judge_refusals;
    return load;
  }

  void prepare(double rate, milliseconds time) {
    publishes_.clear();
    const auto count =
        static_cast<std::size_t>(rate * static_cast<double>(time.count()) / 1000) + 2;
    for (std::size_t i = 0; i < count; ++i, ++made_) {
      publishes_.push_back(
          registry_.publishing(registry_.name(fmt::format("much-{}", made_ / kMuchVersions)),
                               fmt::format("1.{}.0", made_ % kMuchVersions)));
    }
    next_ = 0;
  }

  std::optional<Call> next_publish() {
    if (next_ == publishes_.size()) return std::nullopt;
    return Call{Catalog::operations().size(), std::move(publishes_[next_++]), 0};
  }

  Registry& registry_;
  const Catalog& catalog_;
  std::mt19937_64 random_{7};
  std::vector<HttpRequest> publishes_;
  std::size_t next_ = 0, made_ = 0;
};

Histogram reads_of(const Measurement& run) {
  Histogram reads;
  for (std::size_t i = 0; i < Catalog::operations().size(); ++i) {
    reads.merge(run.operations()[i].second);
  }
  return reads;
}

}  // namespace

ScenarioReport run_overload(const Options& options) {
  ScenarioReport report;
  DaemonOptions daemon;
  daemon.flags = {"--max-connections-per-address", "0"};
  Registry registry(options, daemon);
  const Catalog catalog(registry, kOverloadConnectors);
  Traffic traffic(registry, catalog);
  const milliseconds usual_time = options.by_size(milliseconds(700), milliseconds(3000));
  const milliseconds overload_time =
      options.duration.value_or(options.by_size(milliseconds(1200), milliseconds(6000)));

  Measurement alone =
      drive(registry.url(), traffic.only_publishes("as many as it can", usual_time));
  const double most = alone.per_second();
  const auto at = [&](const char* name, double part, milliseconds time) {
    return drive(registry.url(), traffic.mixed(name, part * most, time));
  };
  Measurement before = at("half of it, before", kUsual, usual_time);
  Measurement overload = at("three times as much", kOverload, overload_time);
  Measurement after = at("half of it, after", kUsual, usual_time);

  const Histogram::Duration drained = overload.took() - overload_time;
  const Histogram reads = reads_of(overload);
  const auto in_ms = [](Histogram::Duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
  };
  report.figures = {{"publishes a second that it can take", most, "/s"},
                    {"p99 of refusals", in_ms(overload.refused().percentile(99)), "ms"},
                    {"p99 of reads before", in_ms(reads_of(before).percentile(99)), "ms"},
                    {"p99 of reads during the overload", in_ms(reads.percentile(99)), "ms"},
                    {"from the end of the overload to the last answer", in_ms(drained), "ms"}};
  for (const Measurement* run : {&before, &overload, &after}) {
    report.check(run->count(Outcome::failed) == 0,
                 fmt::format("{}: {} were neither answered nor refused", run->name(),
                             run->count(Outcome::failed)));
  }
  // Times are the machine's as much as the registry's: held to them where it is alone.
  if (!options.quick) {
    report.check(overload.count(Outcome::refused) > 0, "nothing was refused");
    report.check(overload.refused().percentile(99) <= kQuickRefusal,
                 fmt::format("refusals take {}, at most {}",
                             format_latency(overload.refused().percentile(99)),
                             format_latency(kQuickRefusal)));
    report.check(
        drained <= kQuickRecovery,
        fmt::format("the last answer came {} after the overload", format_latency(drained)));
    report.check(after.count(Outcome::refused) == 0,
                 fmt::format("{} were refused after the overload", after.count(Outcome::refused)));
  }
  // The first is held to the budget.
  report.runs.push_back(std::move(overload));
  report.runs.push_back(std::move(before));
  report.runs.push_back(std::move(after));
  report.runs.push_back(std::move(alone));
  return report;
}

}  // namespace mkt::load
