// Budget: what a scenario may cost, and what of a measurement breaks it.
//
// Each scenario has a file of its own, budgets/NAME.json, with a budget for the quick run, which
// shares its machine with other tests, and one for the full run:
//
//   {"quick": "relaxed", "full": {"p50Ms": 2, "p95Ms": 10, "p99Ms": 25, "errorShare": 0,
//                                 "leastPerSecond": 5000}}
//
// A budget is a word for one of those below or an object; what the object leaves out is not
// bounded. Values; thread-safe.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"
#include "tests/load/measurement.h"

namespace mkt::load {

struct Budget {
  std::string name = "its own";
  std::optional<double> p50_ms, p95_ms, p99_ms;
  std::optional<double> error_share;       // at most
  std::optional<double> least_per_second;  // answered requests

  static Budget relaxed();
  static Budget standard();  // the word is "default"
  static Budget tight();

  // invalid_json, invalid_request with the word or name that is not known.
  static Result<Budget> parse(const Json& json);
  // not_found where the scenario has no file.
  static Result<Budget> read(const std::filesystem::path& folder, std::string_view scenario,
                             bool quick);

  // A sentence for each bound that the measurement is beyond: "p99 is 31.0 ms, at most 25 ms".
  std::vector<std::string> broken_by(const Measurement& measured) const;
};

}  // namespace mkt::load
