// Measurements: what ended when, in slices that are neither too many nor too few.
#include "tests/load/measurement.h"

#include <doctest/doctest.h>

namespace mkt::load {
namespace {

using namespace std::chrono_literals;

TEST_CASE("slices hold what ended in their time") {
  Measurement m("m", {"read"});
  m.record(0, Outcome::answered, 1ms, 10ms);
  m.record(0, Outcome::answered, 3ms, 80ms);
  m.record(0, Outcome::refused, 1us, 90ms);
  m.finish(100ms);
  REQUIRE(m.slices().size() == 4);
  CHECK(m.slices()[0].answered.count() == 1);
  CHECK(m.slices()[1].answered.count() == 0);
  CHECK(m.slices()[3].answered.percentile(50) == 3ms);
  CHECK(m.slices()[3].refused == 1);
  CHECK(m.per_second() == doctest::Approx(20));
}

TEST_CASE("a long run has as many slices as a short one, and loses none of its requests") {
  Measurement m("m", {"read"});
  for (int i = 0; i < 3600; ++i) {
    m.record(0, i % 10 == 0 ? Outcome::failed : Outcome::answered, 1ms, std::chrono::seconds(i));
  }
  m.finish(1h);
  CHECK(m.slices().size() <= Measurement::kMaxSlices);
  CHECK(m.slices().size() >= Measurement::kMaxSlices / 2);
  CHECK(m.slice_width() * static_cast<int>(m.slices().size()) >= 3599s);
  std::uint64_t answered = 0, failed = 0;
  for (const Slice& slice : m.slices()) {
    answered += slice.answered.count();
    failed += slice.failed;
  }
  CHECK(answered == 3240);
  CHECK(failed == 360);
  CHECK(m.error_share() == doctest::Approx(0.1));
}

TEST_CASE("only what was answered as it should be counts as throughput and latency") {
  Measurement m("m", {"read", "publish"});
  m.record(0, Outcome::answered, 2ms, 0ms);
  m.record(1, Outcome::refused, 1us, 1ms);
  m.record(1, Outcome::failed, 9s, 2ms);
  m.finish(1s);
  CHECK(m.per_second() == doctest::Approx(1));
  CHECK(m.answered().max() == 2ms);
  CHECK(m.refused().count() == 1);
  CHECK(m.operations()[1].second.count() == 0);
  for (int i = 0; i < 20; ++i) m.explain("why");
  CHECK(m.failures().size() == Measurement::kMaxFailures);
}

}  // namespace
}  // namespace mkt::load
