// Percentiles that are right to a part of the value, whatever its size.
#include "tests/load/histogram.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace mkt::load {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a histogram of nothing answers zero") {
  const Histogram h;
  CHECK(h.count() == 0);
  CHECK(h.percentile(99) == 0ns);
  CHECK(h.min() == 0ns);
  CHECK(h.max() == 0ns);
  CHECK(h.mean() == 0ns);
}

TEST_CASE("small values are kept exactly") {
  Histogram h;
  for (int i = 1; i <= 500; ++i) h.record(std::chrono::nanoseconds(i));
  for (double p : {1.0, 10.0, 50.0, 99.0, 100.0}) {
    CHECK(h.percentile(p) == std::chrono::nanoseconds(static_cast<int>(p * 5)));
  }
}

TEST_CASE("every percentile is within 0.4 % of the sorted values") {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> spread(13, 2);  // from microseconds to seconds
  std::vector<std::int64_t> values;
  Histogram h;
  for (int i = 0; i < 100'000; ++i) {
    values.push_back(static_cast<std::int64_t>(spread(random)));
    h.record(std::chrono::nanoseconds(values.back()));
  }
  std::sort(values.begin(), values.end());
  for (double p : {0.1, 1.0, 25.0, 50.0, 75.0, 90.0, 99.0, 99.9, 99.99}) {
    const auto rank = static_cast<std::size_t>(std::llround(p * 1000)) - 1;
    const auto exact = static_cast<double>(values[rank]);
    CHECK(static_cast<double>(h.percentile(p).count()) >= exact);
    CHECK(static_cast<double>(h.percentile(p).count()) <= exact * 1.004 + 1);
  }
  CHECK(h.max().count() == values.back());
  CHECK(h.min().count() == values.front());
}

TEST_CASE("two histograms merged are one of all values") {
  Histogram a, b, all;
  for (int i = 0; i < 1000; ++i) {
    const auto value = std::chrono::microseconds(i * i);
    (i % 3 == 0 ? a : b).record(value);
    all.record(value);
  }
  a.merge(b);
  CHECK(a.count() == all.count());
  CHECK(a.mean() == all.mean());
  for (double p : {5.0, 50.0, 95.0, 100.0}) CHECK(a.percentile(p) == all.percentile(p));
}

TEST_CASE("what is longer than the buckets is still the longest") {
  Histogram h;
  h.record(1ms);
  h.record(10min);
  CHECK(h.max() == 10min);
  CHECK(h.percentile(100) == 10min);
  CHECK(h.percentile(50) >= 1ms);
  CHECK(h.percentile(50) <= 1004us);
}

TEST_CASE("a clock that went back counts as no time") {
  Histogram h;
  h.record(-5ns);
  CHECK(h.min() == 0ns);
  CHECK(h.count() == 1);
}

}  // namespace
}  // namespace mkt::load
