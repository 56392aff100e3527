// report.json: everything that was measured, for programs and for a later --compare.
#pragma once

#include <string>
#include <vector>

#include "common/base/json.h"
#include "tests/load/record.h"

namespace mkt::load {

// What was measured, and where; a report says so at its top.
struct ReportHead {
  std::string at;        // RFC 3339
  std::string machine;   // "2 cores, Linux 6.1"
  std::string registry;  // the program or URL
  bool quick = false;
};
ReportHead describe_machine(std::string registry, bool quick);

Json report_json(const std::vector<Record>& records, const ReportHead& head);

// Where the percentile curves have their points: dense where it matters, at the end.
const std::vector<double>& curve_percentiles();

}  // namespace mkt::load
