// What every LimitStore must do, wherever it counts.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "daemon/limits/limit.h"

namespace mkt {

// The simplest sliding window: the times of all allowed requests.
class PlainWindow {
 public:
  explicit PlainWindow(Limit limit) : limit_(limit) {}
  // How many are in the window that ends then.
  std::uint32_t counted(std::int64_t now_us) const {
    const std::int64_t window_us = limit_.window.count() * 1000;
    return static_cast<std::uint32_t>(std::count_if(
        passed_.begin(), passed_.end(), [&](std::int64_t at) { return now_us - at < window_us; }));
  }
  void pass(std::int64_t now_us) { passed_.push_back(now_us); }

 private:
  Limit limit_;
  std::vector<std::int64_t> passed_;
};

// `wait` lets time pass for the store; `now_us` returns its time. Random histories last for
// `windows` windows.
inline void check_limit_store(LimitStore& store, const std::function<void(std::int64_t us)>& wait,
                              const std::function<std::int64_t()>& now_us, int windows) {
  SUBCASE("so many pass and no more, each key for itself") {
    const Limit limit{3, std::chrono::seconds(1)};
    const LimitKey key{LimitScope::publish, "publisher:acme"};
    for (std::uint32_t i = 0; i < 3; ++i) {
      const auto d = store.check(key, limit);
      REQUIRE(d);
      CHECK(d->allowed);
      CHECK(d->remaining == 2 - i);
      CHECK(d->reset.count() > 0);
      CHECK(d->reset <= limit.window + std::chrono::milliseconds(1));
    }
    CHECK_FALSE(store.check(key, limit)->allowed);
    CHECK(store.check({LimitScope::publish, "publisher:other"}, limit)->allowed);
    CHECK(store.check({LimitScope::search, "publisher:acme"}, limit)->allowed);
  }

  SUBCASE("a look counts nothing") {
    const Limit limit{2, std::chrono::seconds(1)};
    const LimitKey key{LimitScope::search, "address:10.0.0.1"};
    for (int i = 0; i < 5; ++i) CHECK(store.peek(key, limit)->remaining == 2);
    CHECK(store.check(key, limit)->allowed);
    CHECK(store.peek(key, limit)->remaining == 1);
  }

  SUBCASE("what was refused is not counted: it passes when the wait that was named is over") {
    const Limit limit{2, std::chrono::milliseconds(300)};
    const LimitKey key{LimitScope::install, "tenant:t"};
    CHECK(store.check(key, limit)->allowed);
    wait(50'000);
    CHECK(store.check(key, limit)->allowed);
    auto refused = store.check(key, limit);
    for (int i = 0; i < 10; ++i) refused = store.check(key, limit);
    REQUIRE_FALSE(refused->allowed);
    wait(refused->reset.count() * 1000);
    CHECK(store.check(key, limit)->allowed);
    CHECK_FALSE(store.check(key, limit)->allowed);
  }

  SUBCASE("of a large limit too the wait that is named is no longer than the window, and enough") {
    const Limit limit{200, std::chrono::milliseconds(640)};
    const LimitKey key{LimitScope::install, "tenant:large"};
    for (std::uint32_t i = 0; i < limit.requests; ++i) {
      const auto d = store.check(key, limit);
      REQUIRE(d->allowed);
      REQUIRE(d->reset <= limit.window + std::chrono::milliseconds(1));
      REQUIRE(d->reset_seconds() <= std::chrono::seconds(1));
    }
    const auto refused = store.check(key, limit);
    REQUIRE_FALSE(refused->allowed);
    wait(refused->reset.count() * 1000);
    CHECK(store.check(key, limit)->allowed);
  }

  SUBCASE("a reset forgets") {
    for (const std::uint32_t requests : {1U, 500U}) {
      const Limit limit{requests, std::chrono::seconds(60)};
      const LimitKey key{LimitScope::download, "address:10.0.0.2"};
      for (std::uint32_t i = 0; i < requests; ++i) CHECK(store.check(key, limit)->allowed);
      CHECK_FALSE(store.check(key, limit)->allowed);
      CHECK(store.reset(key, limit));
      CHECK(store.check(key, limit)->allowed);
    }
  }

  // Real time passes between the two readings of the clock, hence the tolerance.
  for (const std::uint32_t requests : {1U, 7U, 100U, 200U}) {
    CAPTURE(requests);
    SUBCASE("over a random history no window holds more than the limit") {
      const Limit limit{requests, std::chrono::milliseconds(256)};
      const std::int64_t slice_us = requests > LimitStore::kMaxLogged ? 4'000 : 0;
      const LimitKey key{LimitScope::search, "address:10.1.0." + std::to_string(requests)};
      std::mt19937 random(requests);
      // Each request was counted at some moment between the two readings of the clock.
      PlainWindow early(limit), late(limit);
      const std::int64_t end = now_us() + windows * std::int64_t{256'000};
      while (now_us() < end) {
        wait(static_cast<std::int64_t>(random() % (256'000 / requests)));
        const std::int64_t before = now_us();
        const auto d = store.check(key, limit);
        const std::int64_t after = now_us();
        REQUIRE(d);
        if (d->allowed) {
          // It was counted at the latest when it was requested: those that may still count now.
          REQUIRE(early.counted(after) < requests);
          early.pass(before);
          late.pass(after);
        } else {
          // It may be refused only while as many were allowed, apart from rounding and slices.
          REQUIRE(late.counted(before - slice_us - 2'000) >= requests);
        }
      }
    }
  }
}

}  // namespace mkt
