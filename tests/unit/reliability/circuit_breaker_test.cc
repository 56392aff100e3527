#include "common/reliability/circuit_breaker.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <thread>

#include "common/reliability/breaker_registry.h"
#include "tests/unit/reliability/fake_clock.h"

namespace mkt {
namespace {

using namespace std::chrono_literals;
using State = BreakerState;

struct Fixture {
  FakeClock clock;
  BreakerOptions options;
  std::unique_ptr<CircuitBreaker> made;

  CircuitBreaker& breaker() {
    if (!made) made = std::make_unique<CircuitBreaker>("test", options, clock);
    return *made;
  }
  bool fail() {
    auto permit = breaker().acquire();
    if (permit) permit->failure("broken");
    return permit.has_value();
  }
  bool succeed() {
    auto permit = breaker().acquire();
    if (permit) permit->success();
    return permit.has_value();
  }
  void open() {
    while (breaker().state() != State::open) REQUIRE(fail());
  }
};

TEST_CASE_FIXTURE(Fixture, "five failures in a minute open it, whatever succeeds in between") {
  for (int i = 0; i < 4; ++i) {
    CHECK(fail());
    CHECK(succeed());
    clock.advance(10s);
  }
  CHECK(breaker().state() == State::closed);
  CHECK(fail());
  CHECK(breaker().state() == State::open);
  CHECK_FALSE(succeed());
  CHECK(breaker().snapshot().refused == 1);
}

TEST_CASE_FIXTURE(Fixture, "failures that are older than the window do not count") {
  for (int i = 0; i < 20; ++i) {
    CHECK(fail());
    CHECK(succeed());
    clock.advance(16s);
  }
  CHECK(breaker().state() == State::closed);
}

TEST_CASE_FIXTURE(Fixture, "five failures in a row open it, however slowly they come") {
  for (int i = 0; i < 5; ++i) {
    CHECK(breaker().state() == State::closed);
    CHECK(fail());
    clock.advance(10min);
  }
  CHECK(breaker().state() == State::open);
}

TEST_CASE_FIXTURE(Fixture, "a busy dependency may fail a small part of its calls") {
  options.least_rate = 0.5;
  options.consecutive = 1000;
  for (int i = 0; i < 100; ++i) {
    for (int k = 0; k < 9; ++k) CHECK(succeed());
    CHECK(fail());
  }
  CHECK(breaker().state() == State::closed);
}

TEST_CASE_FIXTURE(Fixture, "an open one lets one probe through when its time is over") {
  open();
  CHECK(breaker().retry_after() == 30s);
  clock.advance(29'999ms);
  CHECK_FALSE(breaker().acquire());
  clock.advance(1ms);
  auto probe = breaker().acquire();
  REQUIRE(probe);
  CHECK(breaker().state() == State::half_open);
  CHECK_FALSE(breaker().acquire());
  probe->success();
  CHECK(breaker().state() == State::half_open);
  CHECK(succeed());
  CHECK(breaker().state() == State::closed);
}

TEST_CASE_FIXTURE(Fixture, "those who never probe leave it to others") {
  open();
  clock.advance(1min);
  CHECK_FALSE(breaker().acquire_if_closed());
  CHECK(breaker().state() == State::open);
  CHECK(succeed());
  CHECK_FALSE(breaker().acquire_if_closed());
  CHECK(succeed());
  CHECK(breaker().acquire_if_closed());
}

TEST_CASE_FIXTURE(Fixture, "a probe that fails opens it again, for longer each time") {
  options.open_for = 5s;
  options.longest_open = 20s;
  open();
  for (const auto time : {5s, 10s, 20s, 20s}) {
    CHECK(breaker().retry_after() == time);
    clock.advance(time);
    CHECK(fail());
    CHECK(breaker().state() == State::open);
  }
}

TEST_CASE_FIXTURE(Fixture, "a probe that never comes back is a failure once its lease is over") {
  open();
  clock.advance(30s);
  auto lost = breaker().acquire();
  REQUIRE(lost);
  clock.advance(10s);
  CHECK_FALSE(breaker().acquire());
  CHECK(breaker().state() == State::open);
  lost->success();  // too late
  CHECK(breaker().state() == State::open);
  clock.advance(30s);
  CHECK(succeed());
  CHECK(breaker().state() == State::half_open);
}

TEST_CASE_FIXTURE(Fixture, "a probe that is dropped makes room for the next") {
  open();
  clock.advance(30s);
  { const auto dropped = breaker().acquire(); }
  CHECK(succeed());
  CHECK(succeed());
  CHECK(breaker().state() == State::closed);
}

TEST_CASE_FIXTURE(Fixture, "what was called before it opened has nothing to say afterwards") {
  auto old = breaker().acquire();
  auto older = breaker().acquire();
  open();
  clock.advance(30s);
  CHECK(succeed());
  old->failure("late");
  CHECK(breaker().state() == State::half_open);
  CHECK(succeed());
  older->failure("very late");
  CHECK(breaker().snapshot().consecutive == 0);
}

TEST_CASE_FIXTURE(Fixture, "after closing a growing part is let through") {
  options.ramp = 10s;
  open();
  clock.advance(30s);
  CHECK(succeed());
  CHECK(succeed());
  CHECK(breaker().state() == State::closed);
  clock.chance = 0.2;
  CHECK_FALSE(succeed());
  clock.advance(2s);  // 28 %
  CHECK(succeed());
  clock.chance = 0.99;
  CHECK_FALSE(succeed());
  clock.advance(8s);
  CHECK(succeed());
}

TEST_CASE_FIXTURE(Fixture, "by hand it stays open until it is reset") {
  breaker().trip("maintenance");
  clock.advance(24h);
  CHECK_FALSE(succeed());
  CHECK(breaker().snapshot().by_hand);
  breaker().reset();
  CHECK(succeed());
  CHECK_FALSE(breaker().snapshot().by_hand);
}

TEST_CASE_FIXTURE(Fixture, "listeners hear of every change, and the last causes are kept") {
  std::vector<State> heard;
  breaker().add_listener([&](const CircuitBreaker::Change& c) { heard.push_back(c.to); });
  open();
  clock.advance(30s);
  CHECK(succeed());
  CHECK(succeed());
  CHECK(heard == std::vector<State>{State::open, State::half_open, State::closed});
  CHECK(breaker().snapshot().causes.size() == 5);
  CHECK(breaker().snapshot().opened == 1);
}

// The state machine once more, as plainly as can be; jitter, ramp and rate left out.
class Model {
 public:
  explicit Model(const BreakerOptions& options) : o_(options) {}

  std::optional<std::uint64_t> acquire(Clock::TimePoint now) {
    if (state == State::half_open && probe_ && now >= lease_) open(now);
    if (state == State::open && now >= until_) {
      state = State::half_open;
      good_ = 0;
      probe_.reset();
    }
    if (state == State::closed) return generation_;
    if (state == State::open || probe_) return std::nullopt;
    probe_ = ++generation_;
    lease_ = now + o_.lease;
    return generation_;
  }
  void report(std::uint64_t permit, bool ok, Clock::TimePoint now) {
    if (permit != generation_ || state == State::open) return;
    if (state == State::half_open) {
      probe_.reset();
      if (!ok) return open(now);
      if (++good_ < o_.successes) return;
      state = State::closed;
      ++generation_;
      failures_.clear();
      row_ = 0;
      closed_at_ = now;
      return;
    }
    row_ = ok ? 0 : row_ + 1;
    if (ok) return;
    failures_.push_back(now);
    std::erase_if(failures_, [&](auto at) { return now - at > o_.window; });
    if (static_cast<int>(failures_.size()) >= o_.failures || row_ >= o_.consecutive) open(now);
  }
  State state = State::closed;

 private:
  void open(Clock::TimePoint now) {
    if (state == State::closed && now - closed_at_ >= o_.window) times_ = 0;
    until_ =
        now + std::min<std::chrono::milliseconds>(o_.longest_open, o_.open_for * (1 << times_));
    times_ = std::min(times_ + 1, 10);
    state = State::open;
    ++generation_;
  }
  BreakerOptions o_;
  std::uint64_t generation_ = 0;
  std::vector<Clock::TimePoint> failures_;
  int row_ = 0, good_ = 0, times_ = 0;
  std::optional<std::uint64_t> probe_;
  Clock::TimePoint until_, lease_, closed_at_{std::chrono::hours(1000)};
};

TEST_CASE_FIXTURE(Fixture, "over a million random events it is what the model says") {
  options = {.failures = 4,
             .window = 200ms,
             .consecutive = 3,
             .open_for = 50ms,
             .longest_open = 300ms,
             .lease = 40ms,
             .successes = 2};
  Model model(options);
  struct Call {
    CircuitBreaker::Permit permit;
    std::uint64_t model;
  };
  std::vector<std::unique_ptr<Call>> calls;
  std::mt19937 random(3);
  for (int i = 0; i < 1'000'000; ++i) {
    clock.advance(std::chrono::milliseconds(random() % 12));
    if (random() % 2 == 0 && calls.size() < 8) {
      auto permit = breaker().acquire();
      const auto expected = model.acquire(clock.now());
      REQUIRE(permit.has_value() == expected.has_value());
      if (permit) calls.push_back(std::make_unique<Call>(Call{std::move(*permit), *expected}));
    } else if (!calls.empty()) {
      const std::size_t which = random() % calls.size();
      const bool ok = random() % 3 != 0;
      std::swap(calls[which], calls.back());
      const auto call = std::move(calls.back());
      calls.pop_back();
      model.report(call->model, ok, clock.now());
      if (ok) {
        call->permit.success();
      } else {
        call->permit.failure("chance");
      }
    }
    REQUIRE(breaker().state() == model.state);
  }
}

TEST_CASE("many threads at once leave it in a state that makes sense") {
  CircuitBreaker breaker("busy", {.failures = 50, .open_for = 1ms, .longest_open = 1ms});
  std::vector<std::thread> threads;
  std::atomic<int> done{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::minstd_rand random(static_cast<unsigned>(t) + 1);
      for (int i = 0; i < 20'000; ++i) {
        auto permit = breaker.acquire();
        if (!permit) continue;
        ++done;
        if (random() % 10 == 0) {
          permit->failure("chance");
        } else {
          permit->success();
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const auto s = breaker.snapshot();
  CHECK(s.successes + s.failures >= static_cast<std::uint64_t>(done.load()));
}

TEST_CASE("one name is one breaker, for as long as somebody holds it") {
  BreakerRegistry registry;
  auto redis = registry.get("redis");
  CHECK(registry.get("redis") == redis);
  CHECK(registry.snapshots().size() == 1);
  redis.reset();
  CHECK(registry.snapshots().empty());
}

}  // namespace
}  // namespace mkt
