// Retry: a proxy loses a part of the answers, and clients try again.
//
// Each call is an install with an Idempotency-Key, so that it may be sent again whatever became of
// the first time. Three questions:
//
//   - A fifth is lost and nobody bounds the retries: do all calls succeed in the end, each once?
//   - A fifth is lost and the process's retry budget holds: a budget of a tenth cannot save a
//   fifth.
//     Does the load grow by no more than that tenth?
//   - A twentieth is lost, what the budget is made for: do all succeed within it?
#include <fmt/format.h>

#include <mutex>
#include <thread>

#include "common/reliability/retry.h"
#include "common/wire/messages.h"
#include "tests/load/catalog.h"
#include "tests/load/failing_proxy.h"
#include "tests/load/scenario.h"

namespace mkt::load {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kRetryClients = 16;
// The proxy's library lets five connections wait: of more at once some would lose a second.
constexpr milliseconds kApart{5};

struct Phase {
  std::string name;
  std::uint64_t fail_every;
  RetryBudget* budget;
};

RetryPolicy policy_of(const Phase& phase) {
  RetryPolicy policy;
  // Short waits, so that a test takes seconds; enough attempts that chance uses up none.
  policy.backoff = {30, milliseconds(2), milliseconds(50), 2, 0, true};
  policy.longest_hint = milliseconds(0);
  policy.budget = phase.budget;
  return policy;
}

class Run {
 public:
  Run(Registry& registry, FailingProxy& proxy, Phase phase, std::string connector,
      std::size_t calls)
      : registry_(registry),
        proxy_(proxy),
        phase_(std::move(phase)),
        connector_(std::move(connector)),
        calls_(calls),
        measured_(phase_.name, {"install"}) {}

  Measurement measure() {
    proxy_.fail_every(phase_.fail_every);
    began_ = Clock::now();
    std::vector<std::thread> clients;
    for (std::size_t i = 0; i < kRetryClients; ++i) {
      clients.emplace_back([this] { work(); });
      std::this_thread::sleep_for(kApart);
    }
    for (std::thread& client : clients) client.join();
    measured_.finish(Clock::now() - began_);
    return std::move(measured_);
  }

  // Requests for each call.
  double growth() const {
    return static_cast<double>(proxy_.requests()) / static_cast<double>(calls_);
  }
  std::size_t installed() const { return created_; }

 private:
  void work() {
    HttpClient http(std::chrono::seconds(10));
    const RetryPolicy policy = policy_of(phase_);
    for (std::size_t i = next_++; i < calls_; i = next_++) {
      const std::string tenant = registry_.name(fmt::format(
          "{}-{}-{}", phase_.budget == nullptr ? "free" : "bounded", phase_.fail_every, i));
      HttpRequest request = registry_.installing(tenant, connector_, "1.0.0");
      request.headers.push_back("Idempotency-Key: " + tenant);
      request.url = proxy_.url() + request.url;
      const auto begun = Clock::now();
      const auto report = retry_with_result(
          [&]() -> Result<HttpResponse> {
            MKT_TRY(HttpResponse response, http.send(request));
            if (response.status / 100 != 2)
              return wire::parse_error(response.status, response.body);
            return response;
          },
          policy);
      note(report.result, report.end, begun);
    }
  }

  void note(const Result<HttpResponse>& result, RetryEnd end, Clock::time_point begun) {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    Outcome outcome = Outcome::answered;
    // 201 also where it is the replay of an answer that was lost: the install happened once.
    if (result) {
      if (result->status == 201) ++created_;
    } else {
      outcome = end == RetryEnd::no_budget ? Outcome::refused : Outcome::failed;
      if (outcome == Outcome::failed) measured_.explain(result.error().message);
    }
    measured_.record(0, outcome, now - begun, now - began_);
  }

  Registry& registry_;
  FailingProxy& proxy_;
  const Phase phase_;
  const std::string connector_;
  const std::size_t calls_;
  Clock::time_point began_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  Measurement measured_;     // guarded by mutex_
  std::size_t created_ = 0;  // guarded by mutex_
};

}  // namespace

ScenarioReport run_retry(const Options& options) {
  ScenarioReport report;
  Registry registry(options);
  const Catalog catalog(registry, 1);
  FailingProxy proxy(registry.url(), kRetryClients + 2);
  // Three times fewer than the Idempotency-Keys that a token may use in a day.
  const std::size_t calls = options.by_size<std::size_t>(500, 3000);
  // The budget's window is longer than a phase: the greedy one comes first and leaves nothing over.
  const Phase phases[] = {{"a fifth is lost, no budget", 5, nullptr},
                          {"a fifth is lost, budget of a tenth", 5, &process_retry_budget()},
                          {"a twentieth is lost, budget of a tenth", 20, &process_retry_budget()}};
  for (const Phase& phase : phases) {
    Run run(registry, proxy, phase, catalog.ids()[0], calls);
    report.runs.push_back(run.measure());
    const Measurement& measured = report.runs.back();
    report.figures.push_back({"requests for a call: " + phase.name, run.growth(), ""});
    report.check(measured.count(Outcome::failed) == 0,
                 fmt::format("{}: {} calls failed for another reason than the budget", phase.name,
                             measured.count(Outcome::failed)));
    report.check(run.installed() == measured.count(Outcome::answered),
                 fmt::format("{}: {} calls succeeded and {} of them installed", phase.name,
                             measured.count(Outcome::answered), run.installed()));
    const bool has_enough = phase.budget == nullptr || phase.fail_every > 10;
    report.check(!has_enough || measured.count(Outcome::answered) == calls,
                 fmt::format("{}: {} of {} calls succeeded in the end", phase.name,
                             measured.count(Outcome::answered), calls));
    const double most = phase.budget == nullptr ? 1.26 : 1 + RetryBudget::kShare;
    report.check(run.growth() <=
                     most + static_cast<double>(RetryBudget::kFloor) / static_cast<double>(calls),
                 fmt::format("{}: {:.3f} requests for a call, at most {:.2f}", phase.name,
                             run.growth(), most));
  }
  return report;
}

}  // namespace mkt::load
