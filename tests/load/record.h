// Record: a scenario that has run, beside what it was to cost. What every report is made from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/load/budget.h"
#include "tests/load/scenario.h"

namespace mkt::load {

struct Record {
  std::string scenario;
  std::string about;
  Budget budget;  // of the first run
  ScenarioReport report;

  // All that is wrong with it; the budget's part comes last. Nothing: it passed.
  std::vector<std::string> broken() const {
    std::vector<std::string> all = report.broken;
    if (report.runs.empty()) return all;
    for (std::string& bound : budget.broken_by(report.runs.front())) {
      all.push_back("budget: " + std::move(bound));
    }
    return all;
  }
};

// "good", "broken", or "not run" where all of it was left out.
std::string_view verdict(const Record& record);

// As people write them: "0.041 ms", "12.3 ms", "1.25 s"; "6,000".
std::string format_latency(Histogram::Duration time);
std::string format_count(double number);

// The lines for a terminal.
std::string format_record(const Record& record);

}  // namespace mkt::load
