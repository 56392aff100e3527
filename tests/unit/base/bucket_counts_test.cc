// Buckets as Prometheus means them.
#include "common/base/bucket_counts.h"

#include <doctest/doctest.h>

#include <thread>

namespace mkt {
namespace {

constexpr auto kBounds = std::to_array<double>({1, 2, 4});

TEST_CASE("a value that is a bound belongs to its bucket, what is larger than all has one too") {
  BucketCounts<kBounds.size()> counts(kBounds);
  for (const double value : {0.0, 1.0, 1.5, 2.0, 4.0, 4.1, 100.0}) counts.add(value);
  const BucketSnapshot s = counts.snapshot();
  CHECK(s.bounds == std::vector<double>{1, 2, 4});
  CHECK(s.counts == std::vector<std::uint64_t>{2, 2, 1, 2});
  CHECK(s.sum == doctest::Approx(112.6));
}

TEST_CASE("nothing is lost when several threads count") {
  BucketCounts<kBounds.size()> counts(kBounds);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) counts.add(3);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(counts.snapshot().counts[2] == 40'000);
  CHECK(counts.snapshot().sum == 120'000);
}

}  // namespace
}  // namespace mkt
