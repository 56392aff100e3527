// Budgets: read strictly, and every bound that is broken is named.
#include "tests/load/budget.h"

#include <doctest/doctest.h>

#include "common/base/files.h"

namespace mkt::load {
namespace {

using namespace std::chrono_literals;

// A thousand requests in a second, all that fast.
Measurement measured(Histogram::Duration latency, int failed = 0) {
  Measurement m("m", {"read"});
  for (int i = 0; i < 1000; ++i) {
    m.record(0, i < failed ? Outcome::failed : Outcome::answered, latency,
             std::chrono::milliseconds(i));
  }
  m.finish(1s);
  return m;
}

TEST_CASE("a measurement within its budget breaks nothing") {
  CHECK(Budget::relaxed().broken_by(measured(1ms)).empty());
  CHECK(Budget::standard().broken_by(measured(99ms)).empty());
  CHECK(Budget().broken_by(measured(10s, 1000)).empty());
}

TEST_CASE("every bound that is broken is named with what it is and what it may be") {
  const auto broken = Budget::tight().broken_by(measured(30ms, 1));
  REQUIRE(broken.size() == 5);
  CHECK(broken[0].starts_with("p50 is 30.0"));
  CHECK(broken[1].starts_with("p95 is 30.0"));
  CHECK(broken[2] == "p99 is 30.00 ms, at most 25 ms");
  CHECK(broken[3] == "1 of 1000 requests failed, at most 0 %");
  CHECK(broken[4] == "999 requests/s, at least 5000");
}

TEST_CASE("a budget is a word or an object of bounds") {
  CHECK(Budget::parse("tight")->p99_ms == 25);
  CHECK(Budget::parse("default")->least_per_second == 100);
  const auto own = Budget::parse(Json{{"p99Ms", 40}, {"errorShare", 0.5}});
  REQUIRE(own);
  CHECK(own->p99_ms == 40);
  CHECK_FALSE(own->p50_ms);
  CHECK_FALSE(Budget::parse("generous"));
  CHECK_FALSE(Budget::parse(Json{{"p98Ms", 40}}));
  CHECK_FALSE(Budget::parse(Json{{"p99Ms", "40"}}));
  CHECK_FALSE(Budget::parse(Json::array()));
}

TEST_CASE("a scenario's file has one budget for the quick run and one for the full run") {
  const auto folder =
      TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-budget-");
  REQUIRE(folder);
  REQUIRE(write_file_atomically(folder->path() / "mixed.json",
                                R"({"quick": "relaxed", "full": {"p50Ms": 3}})", 0644));
  CHECK(Budget::read(folder->path(), "mixed", true)->name == "relaxed");
  CHECK(Budget::read(folder->path(), "mixed", false)->p50_ms == 3);
  CHECK_FALSE(Budget::read(folder->path(), "soak", false));
  REQUIRE(write_file_atomically(folder->path() / "half.json", R"({"quick": "relaxed"})", 0644));
  CHECK_FALSE(Budget::read(folder->path(), "half", false));
}

}  // namespace
}  // namespace mkt::load
