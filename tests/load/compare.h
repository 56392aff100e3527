// Comparing measurements: with a report of before, or of two programs that ran in turns.
//
// A ratio is above 1 where the new one is worse: slower, or of less throughput. Runs are found by
// scenario and name. Machines are noisy: one run on each side says little, the median of several
// taken in turns says more, and a latency below kMinMs is not compared at all.
#pragma once

#include <string>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"

namespace mkt::load {

inline constexpr double kMinMs = 0.2;

struct Ratio {
  std::string what;  // "mixed, 6000 requests/s: p99"
  double before = 0;
  double now = 0;
  std::string unit;
  double ratio = 1;
};

// Of two reports as report_json.h makes them. invalid_request where one is none.
Result<std::vector<Ratio>> compare_reports(const Json& before, const Json& now);

// Each `what` once, with the median of its ratios and of what was measured.
std::vector<Ratio> medians(const std::vector<std::vector<Ratio>>& rounds);

// A line each; those beyond `threshold` are marked.
std::string format_ratios(const std::vector<Ratio>& ratios, double threshold);

}  // namespace mkt::load
