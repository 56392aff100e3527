// A scenario: one question that is put to the registry under load, and what came of it.
//
// Each has a file in scenarios/ with one function, which starts what it needs, drives it, and says
// what it found. A finding is broken where the registry did what it must not; how slow it may be is
// for the scenario's budget to say, against the first of its runs.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/load/measurement.h"
#include "tests/load/options.h"

namespace mkt::load {

// A number of a scenario's own, beside latencies and throughput: "time until the breaker opened".
struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
};

struct ScenarioReport {
  std::vector<Measurement> runs;
  std::vector<Figure> figures;
  std::vector<std::string> broken;
  std::vector<std::string> skipped;  // parts that could not run here, and why

  void check(bool holds, std::string otherwise) {
    if (!holds) broken.push_back(std::move(otherwise));
  }
};

struct Scenario {
  std::string_view name;
  std::string_view about;
  bool needs_own_daemon;  // restarts it, sets its limits or looks into its process
  ScenarioReport (*run)(const Options& options);
};

// In the order in which they run.
std::span<const Scenario> scenarios();

ScenarioReport run_circuit_breaker(const Options& options);
ScenarioReport run_contention(const Options& options);
ScenarioReport run_idempotency(const Options& options);
ScenarioReport run_locking(const Options& options);
ScenarioReport run_mixed(const Options& options);
ScenarioReport run_overload(const Options& options);
ScenarioReport run_rate_limit(const Options& options);
ScenarioReport run_retry(const Options& options);
ScenarioReport run_soak(const Options& options);

}  // namespace mkt::load
