// Circuit breaker: a dependency dies and returns. How long until it is left alone, and until it is
// used again; what is lost between.
//
// Redis dies behind the daemon, which counts in its memory meanwhile: no request may fail. Then the
// registry dies before clients with a breaker: a few calls fail until it opens, the others are
// turned away at once without a connection.
#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "common/reliability/circuit_breaker.h"
#include "tests/load/catalog.h"
#include "tests/load/redis_process.h"
#include "tests/load/scenario.h"

namespace mkt::load {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kPatience{20'000};
constexpr std::size_t kClients = 8;
constexpr milliseconds kPause{2};

double ms_since(Clock::time_point then) {
  return std::chrono::duration<double, std::milli>(Clock::now() - then).count();
}

// ---- Redis behind the daemon ----------------------------------------------------------------

std::string counted_in(Registry& registry) {
  const Json body = registry.must(200, registry.get("/v1/limits"), "the limits");
  for (const Json& limit : body["limits"]) {
    if (text_member(limit, "scope").value_or("").ends_with("search")) {
      return text_member(limit, "countedIn").value_or("");
    }
  }
  return {};
}

// Milliseconds until limits are counted there.
double until_counted_in(Registry& registry, const std::string& place) {
  const auto began = Clock::now();
  while (counted_in(registry) != place) {
    if (Clock::now() - began > kPatience) {
      throw std::runtime_error("limits are still not counted in " + place);
    }
    std::this_thread::sleep_for(kPause);
  }
  return ms_since(began);
}

void lose_redis(const Options& options, ScenarioReport& report) {
  const auto folder =
      TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-load-redis-");
  if (!folder) throw std::runtime_error(folder.error().message);
  RedisProcess redis(folder->path());
  redis.start();
  DaemonOptions daemon;
  daemon.limits = {"publish=off",  "download=off",     "install=off",      "change=off",
                   "register=off", "auth-failure=off", "search=1000000/1m"};
  daemon.redis_url = redis.url();
  Registry registry(options, daemon);
  until_counted_in(registry, "redis");

  Load load;
  load.name = "searches while Redis dies and returns";
  load.operations = {"search"};
  load.rate = options.rate.value_or(options.by_size(200.0, 1000.0));
  load.duration = options.by_size(milliseconds(3000), milliseconds(12'000));
  const milliseconds third = load.duration / 3;
  load.next = [] { return std::optional(Call{0, {"GET", "/v1/search?q=none", {}, {}, {}}, 0}); };
  std::string failure;
  // The registry's client is this thread's alone while the load is driven from the other.
  std::thread killer([&] {
    try {
      std::this_thread::sleep_for(third);
      redis.kill();
      report.figures.push_back(
          {"Redis dies: until memory counts", until_counted_in(registry, "memory"), "ms"});
      std::this_thread::sleep_for(third);
      redis.start();
      report.figures.push_back(
          {"Redis returns: until it counts again", until_counted_in(registry, "redis"), "ms"});
    } catch (const std::exception& e) {
      failure = e.what();
    }
  });
  const std::string url = registry.url();
  Measurement measured = drive(url, std::move(load));
  killer.join();
  report.check(failure.empty(), failure);
  report.check(
      measured.count(Outcome::failed) == 0,
      fmt::format("{} searches failed while Redis was away", measured.count(Outcome::failed)));
  report.runs.push_back(std::move(measured));
}

// ---- The registry behind a client's breaker ---------------------------------------------------

BreakerOptions breaker_options() {
  BreakerOptions o;
  o.open_for = milliseconds(250);
  o.longest_open = milliseconds(1000);
  o.lease = milliseconds(2000);
  return o;
}

class Clients {
 public:
  Clients(std::string url, std::string path)
      : url_(std::move(url)),
        path_(std::move(path)),
        breaker_("registry", breaker_options()),
        measured_("calls while the registry dies and returns", {"version"}) {
    breaker_.add_listener([this](const CircuitBreaker::Change& change) {
      const std::lock_guard lock(mutex_);
      if (change.to == BreakerState::open && !opened_) opened_ = Clock::now();
      if (change.to == BreakerState::closed) closed_ = Clock::now();
    });
    for (std::size_t i = 0; i < kClients; ++i) threads_.emplace_back([this] { work(); });
  }
  ~Clients() { stop(); }
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  void stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  void registry_moved(std::string url) {
    const std::lock_guard lock(mutex_);
    url_ = std::move(url);
  }

  bool is_closed() const { return breaker_.state() == BreakerState::closed; }
  std::optional<Clock::time_point> opened() const {
    const std::lock_guard lock(mutex_);
    return opened_;
  }
  std::optional<Clock::time_point> closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }
  std::uint64_t failed_before_opening() const { return failed_before_opening_; }

  Measurement take() {
    measured_.finish(Clock::now() - began_);
    return std::move(measured_);
  }

 private:
  void work() {
    HttpClient http(std::chrono::seconds(1));
    while (!stopping_) {
      call(http);
      std::this_thread::sleep_for(kPause);
    }
  }

  // What fails while the registry is away is lost, and counted as refused: it is no failure of the
  // registry's answers.
  void call(HttpClient& http) {
    const auto begun = Clock::now();
    auto permit = breaker_.acquire();
    bool answered = false;
    if (permit) {
      const auto response = http.send({"GET", url() + path_, {}, {}, {}});
      answered = response && response->status == 200;
      if (answered) {
        permit->success();
      } else {
        if (!opened()) ++failed_before_opening_;
        permit->failure("no answer");
      }
    }
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    measured_.record(0, answered ? Outcome::answered : Outcome::refused, now - begun, now - began_);
  }

  std::string url() const {
    const std::lock_guard lock(mutex_);
    return url_;
  }

  mutable std::mutex mutex_;
  std::string url_;  // guarded by mutex_
  const std::string path_;
  CircuitBreaker breaker_;
  const Clock::time_point began_ = Clock::now();
  Measurement measured_;                              // guarded by mutex_
  std::optional<Clock::time_point> opened_, closed_;  // guarded by mutex_
  std::atomic<std::uint64_t> failed_before_opening_ = 0;
  std::atomic<bool> stopping_ = false;
  std::vector<std::thread> threads_;
};

void wait_until(const std::function<bool()>& holds, const char* what) {
  const auto began = Clock::now();
  while (!holds()) {
    if (Clock::now() - began > kPatience) throw std::runtime_error(what);
    std::this_thread::sleep_for(milliseconds(1));
  }
}

void lose_registry(const Options& options, ScenarioReport& report) {
  Registry registry(options);
  const Catalog catalog(registry, 1);
  Clients clients(registry.url(), fmt::format("/v1/connectors/{}/1.0.0", catalog.ids()[0]));
  const milliseconds calm = options.by_size(milliseconds(500), milliseconds(3000));
  std::this_thread::sleep_for(calm);
  const auto died = Clock::now();
  registry.daemon().kill();
  wait_until([&] { return clients.opened().has_value(); }, "the breaker did not open");
  std::this_thread::sleep_for(calm);
  registry.daemon().start();
  const auto returned = Clock::now();
  clients.registry_moved(registry.url());
  wait_until([&] { return clients.is_closed(); }, "the breaker did not close again");
  std::this_thread::sleep_for(calm);
  clients.stop();

  const auto ms_between = [](Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double, std::milli>(to - from).count();
  };
  const double until_open = ms_between(died, *clients.opened());
  const double until_closed = ms_between(returned, *clients.closed());
  const auto lost = static_cast<double>(clients.failed_before_opening());
  report.figures.push_back({"registry dies: until the breaker opens", until_open, "ms"});
  report.figures.push_back({"registry dies: calls lost until then", lost, ""});
  report.figures.push_back({"registry returns: until the breaker closes", until_closed, "ms"});
  report.runs.push_back(clients.take());
  const BreakerOptions o = breaker_options();
  report.check(lost < static_cast<double>(o.consecutive) + kClients,
               fmt::format("{} calls were lost before the breaker opened", lost));
  report.check(
      until_closed <= static_cast<double>((2 * o.longest_open).count()) + 1000,
      fmt::format("the breaker closed {:.0f} ms after the registry's return", until_closed));
}

}  // namespace

ScenarioReport run_circuit_breaker(const Options& options) {
  ScenarioReport report;
  if (RedisProcess::is_installed()) {
    lose_redis(options, report);
  } else {
    report.skipped.emplace_back("Redis behind the daemon: redis-server is not installed");
  }
  lose_registry(options, report);
  return report;
}

}  // namespace mkt::load
