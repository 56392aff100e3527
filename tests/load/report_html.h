// report.html: one page, complete in itself, that shows what was measured.
//
// No scripts and nothing from the network. For each scenario its verdict, a percentile curve beside
// the budget's steps, throughput and p99 over time, and the numbers as a table.
#pragma once

#include <string>
#include <vector>

#include "tests/load/report_json.h"

namespace mkt::load {

std::string report_html(const std::vector<Record>& records, const ReportHead& head);

}  // namespace mkt::load
