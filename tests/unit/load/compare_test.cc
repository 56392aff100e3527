// Ratios: above 1 is worse, whatever is measured.
#include "tests/load/compare.h"

#include <doctest/doctest.h>

#include "tests/load/report_json.h"

namespace mkt::load {
namespace {

using namespace std::chrono_literals;

// A report of one run of a thousand requests, all that fast, in a time.
Json report(Histogram::Duration latency, Histogram::Duration took, std::string run = "steady") {
  Record record{"mixed", "a mix", Budget::standard(), {}};
  Measurement m(std::move(run), {"read"});
  for (int i = 0; i < 1000; ++i) m.record(0, Outcome::answered, latency, took * i / 1000);
  m.finish(took);
  record.report.runs.push_back(std::move(m));
  return report_json({record}, {});
}

TEST_CASE("what takes twice as long, or does half as much, has the ratio 2") {
  const auto ratios = compare_reports(report(10ms, 1s), report(20ms, 2s));
  REQUIRE(ratios);
  REQUIRE(ratios->size() == 4);
  CHECK((*ratios)[0].what == "mixed, steady: throughput");
  CHECK((*ratios)[3].what == "mixed, steady: p99");
  for (const Ratio& r : *ratios) CHECK(r.ratio == doctest::Approx(2).epsilon(0.01));
}

TEST_CASE("only runs of the same name are compared, and no latency that is too short to tell") {
  CHECK(compare_reports(report(1ms, 1s, "a"), report(1ms, 1s, "b"))->empty());
  const auto ratios = compare_reports(report(10us, 1s), report(90us, 1s));
  REQUIRE(ratios->size() == 1);
  CHECK((*ratios)[0].what == "mixed, steady: throughput");
}

TEST_CASE("what is no report is refused") {
  CHECK_FALSE(compare_reports(Json::array(), report(1ms, 1s)));
  CHECK_FALSE(compare_reports(report(1ms, 1s), Json{{"scenarios", "none"}}));
}

TEST_CASE("the median of several rounds is not led astray by one") {
  const std::vector<std::vector<Ratio>> rounds = {
      {{"p50", 10, 10, "ms", 1}}, {{"p50", 10, 90, "ms", 9}}, {{"p50", 10, 11, "ms", 1.1}}};
  const auto result = medians(rounds);
  REQUIRE(result.size() == 1);
  CHECK(result[0].ratio == doctest::Approx(1.1));
  CHECK(result[0].now == doctest::Approx(11));
  CHECK(format_ratios(result, 1.25).find("WORSE") == std::string::npos);
  CHECK(format_ratios(result, 1.05).find("WORSE") != std::string::npos);
}

}  // namespace
}  // namespace mkt::load
