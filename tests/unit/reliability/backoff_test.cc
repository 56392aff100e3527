#include "common/reliability/backoff.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace mkt {
namespace {

using namespace std::chrono_literals;

TEST_CASE("the presets grow as they are named") {
  const auto delays = [](const Backoff& b) {
    std::vector<std::chrono::milliseconds> all;
    for (int i = 0; i + 1 < b.attempts; ++i) all.push_back(b.delay(i, 0.5));
    return all;
  };
  CHECK(delays(Backoff::fast()) == std::vector<std::chrono::milliseconds>{100ms, 200ms});
  CHECK(delays(Backoff::standard()) == std::vector<std::chrono::milliseconds>{1s, 2s});
  CHECK(delays(Backoff::patient()) == std::vector<std::chrono::milliseconds>{2s, 4s, 8s, 16s});
  const auto aggressive = delays(Backoff::aggressive());
  CHECK(aggressive.size() == 9);
  CHECK(aggressive[0] == 500ms);
  CHECK(aggressive[1] == 750ms);
}

TEST_CASE("whatever chance says, a delay stays within its spread and below the longest") {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> chance(0, 1);
  for (int i = 0; i < 100'000; ++i) {
    Backoff b;
    b.first = std::chrono::milliseconds(1 + random() % 5000);
    b.longest = b.first + std::chrono::milliseconds(random() % 100'000);
    b.factor = 1 + chance(random) * 2;
    b.jitter = chance(random);
    b.full_jitter = random() % 4 == 0;
    const int retry = static_cast<int>(random() % 2000);
    const double grown = std::min(static_cast<double>(b.longest.count()),
                                  static_cast<double>(b.first.count()) * std::pow(b.factor, retry));
    const auto delay = static_cast<double>(b.delay(retry, chance(random)).count());
    const double low = b.full_jitter ? 0 : grown * (1 - b.jitter);
    const double high = b.full_jitter ? grown : grown * (1 + b.jitter);
    CHECK(delay >= low - 1);
    CHECK(delay <= high + 1);
    CHECK(delay <= static_cast<double>(b.longest.count()));
  }
}

TEST_CASE("clients that failed together come back spread out") {
  // 10,000 of them after one outage: no tenth of a second gets three times its share.
  std::mt19937 random(11);
  std::uniform_real_distribution<double> chance(0, 1);
  Backoff b = Backoff::standard();
  b.full_jitter = true;
  std::vector<int> buckets(10);
  for (int i = 0; i < 10'000; ++i) {
    const auto at = b.delay(0, chance(random)).count() / 100;
    ++buckets[static_cast<std::size_t>(std::min<std::int64_t>(at, 9))];
  }
  for (const int count : buckets) CHECK(count < 3000);
}

}  // namespace
}  // namespace mkt
