// Mixed: what a registry's day is made of, 80 % reads, 15 % installs, 5 % publishes.
//
// Once at a fixed rate, whatever the registry does: the latencies that its users see, held to the
// budget. Then as fast as it goes over a number of connections: how much there is to spare.
#include <fmt/format.h>

#include <algorithm>

#include "tests/load/catalog.h"
#include "tests/load/scenario.h"

namespace mkt::load {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kConnectors = 100;
constexpr std::size_t kVersionsEach = 20;  // that a connector gets before the next one's turn
constexpr double kPublishShare = 0.05;
// In as-fast-as-it-goes: more publishes than this a second are not prepared, and the run ends
// early.
constexpr double kMaxPublishes = 500;

class Mix {
 public:
  Mix(Registry& registry, const Catalog& catalog, std::string run, std::size_t publishes)
      : registry_(registry), catalog_(catalog), run_(std::move(run)), random_(7) {
    publishes_.reserve(publishes);
    for (std::size_t i = 0; i < publishes; ++i) {
      publishes_.push_back(
          registry_.publishing(registry_.name(fmt::format("{}-{}", run_, i / kVersionsEach)),
                               fmt::format("1.{}.0", i % kVersionsEach)));
    }
  }

  Load load(std::string name) {
    Load load;
    load.name = std::move(name);
    load.operations = Catalog::operations();
    install_ = load.operations.size();
    load.operations.insert(load.operations.end(), {"install", "publish"});
    load.next = [this] { return next(); };
    return load;
  }

 private:
  std::optional<Call> next() {
    // Dealt like cards: exactly these shares in every twenty, in an order of chance.
    if (deck_.empty()) {
      deck_.assign(20, 'r');
      std::fill_n(deck_.begin(), 3, 'i');
      deck_.back() = 'p';
      std::shuffle(deck_.begin(), deck_.end(), random_);
    }
    const char kind = deck_.back();
    deck_.pop_back();
    if (kind == 'r') return catalog_.read(random_);
    if (kind == 'i') {
      const std::string& id = catalog_.ids()[installs_ % kConnectors];
      return Call{install_,
                  registry_.installing(registry_.name(fmt::format("{}-t{}", run_, ++installs_)), id,
                                       "1.0.0"),
                  0};
    }
    if (published_ == publishes_.size()) return std::nullopt;
    return Call{install_ + 1, std::move(publishes_[published_++]), 0};
  }

  Registry& registry_;
  const Catalog& catalog_;
  const std::string run_;
  std::mt19937_64 random_;
  std::vector<char> deck_;
  std::vector<HttpRequest> publishes_;
  std::size_t published_ = 0, installs_ = 0, install_ = 0;
};

std::size_t publishes_in(double rate, milliseconds time) {
  return static_cast<std::size_t>(rate * kPublishShare * static_cast<double>(time.count()) / 1000) +
         20;
}

}  // namespace

ScenarioReport run_mixed(const Options& options) {
  ScenarioReport report;
  Registry registry(options);
  const Catalog catalog(registry, kConnectors);
  const double rate = options.rate.value_or(options.by_size(300.0, 5200.0));
  const milliseconds time =
      options.duration.value_or(options.by_size(milliseconds(3000), milliseconds(15'000)));

  Mix steady(registry, catalog, "steady", publishes_in(rate, time));
  Load load = steady.load(fmt::format("{:.0f} requests/s", rate));
  load.rate = rate;
  load.duration = time;
  load.connections = options.connections.value_or(64);
  report.runs.push_back(drive(registry.url(), std::move(load)));

  const milliseconds sprint_time = time / 2;
  Mix sprint(registry, catalog, "sprint",
             publishes_in(kMaxPublishes / kPublishShare,
                          options.quick ? milliseconds(1000) : sprint_time));
  load = sprint.load("as fast as it goes");
  load.duration = sprint_time;
  load.connections = options.connections.value_or(32);
  report.runs.push_back(drive(registry.url(), std::move(load)));
  for (const Measurement& run : report.runs) {
    report.check(run.count(Outcome::failed) == 0,
                 fmt::format("{}: {} requests failed", run.name(), run.count(Outcome::failed)));
  }
  return report;
}

}  // namespace mkt::load
