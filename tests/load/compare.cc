// Pairing what was measured twice; see compare.h.
#include "tests/load/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace mkt::load {
namespace {

const Json* find(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(name);
  return it == object.end() ? nullptr : &*it;
}

double number_of(const Json& object, const char* name) {
  const Json* value = find(object, name);
  return value != nullptr && value->is_number() ? value->get<double>() : 0;
}

using Runs = std::vector<std::pair<std::string, const Json*>>;

Result<Runs> runs_of(const Json& report) {
  Runs runs;
  const Json* scenarios = find(report, "scenarios");
  if (scenarios == nullptr || !scenarios->is_array()) {
    return Error(ErrorCode::invalid_request, "it is no report of mkt-load");
  }
  for (const Json& scenario : *scenarios) {
    const Json* list = find(scenario, "runs");
    if (list == nullptr || !list->is_array()) continue;
    for (const Json& run : *list) {
      runs.emplace_back(fmt::format("{}, {}", text_member(scenario, "name").value_or(""),
                                    text_member(run, "name").value_or("")),
                        &run);
    }
  }
  return runs;
}

void compare_runs(const std::string& name, const Json& before, const Json& now,
                  std::vector<Ratio>& ratios) {
  const double was = number_of(before, "perSecond");
  const double is = number_of(now, "perSecond");
  if (was > 0 && is > 0) ratios.push_back({name + ": throughput", was, is, "/s", was / is});
  const Json* old_times = find(before, "latencyMs");
  const Json* new_times = find(now, "latencyMs");
  if (old_times == nullptr || new_times == nullptr) return;
  for (const char* percentile : {"p50", "p95", "p99"}) {
    const double old_ms = number_of(*old_times, percentile);
    const double new_ms = number_of(*new_times, percentile);
    if (old_ms <= 0 || new_ms <= 0 || std::max(old_ms, new_ms) < kMinMs) continue;
    ratios.push_back(
        {fmt::format("{}: {}", name, percentile), old_ms, new_ms, "ms", new_ms / old_ms});
  }
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

Result<std::vector<Ratio>> compare_reports(const Json& before, const Json& now) {
  MKT_TRY(const Runs old_runs, runs_of(before));
  MKT_TRY(const Runs new_runs, runs_of(now));
  std::vector<Ratio> ratios;
  for (const auto& [name, run] : new_runs) {
    for (const auto& [old_name, old_run] : old_runs) {
      if (name == old_name) compare_runs(name, *old_run, *run, ratios);
    }
  }
  return ratios;
}

std::vector<Ratio> medians(const std::vector<std::vector<Ratio>>& rounds) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<Ratio>> by_what;
  for (const auto& round : rounds) {
    for (const Ratio& ratio : round) {
      auto& all = by_what[ratio.what];
      if (all.empty()) order.push_back(ratio.what);
      all.push_back(ratio);
    }
  }
  std::vector<Ratio> result;
  for (const std::string& what : order) {
    const auto& all = by_what[what];
    const auto median_of = [&](double Ratio::*member) {
      std::vector<double> values;
      for (const Ratio& ratio : all) values.push_back(ratio.*member);
      return median(std::move(values));
    };
    result.push_back({what, median_of(&Ratio::before), median_of(&Ratio::now), all.front().unit,
                      median_of(&Ratio::ratio)});
  }
  return result;
}

std::string format_ratios(const std::vector<Ratio>& ratios, double threshold) {
  std::string text = fmt::format("  {:<52} {:>12} {:>12} {:>8}\n", "", "before", "now", "ratio");
  for (const Ratio& r : ratios) {
    text += fmt::format("  {:<52} {:>9.2f} {:<2} {:>9.2f} {:<2} {:>8.2f}{}\n", r.what, r.before,
                        r.unit, r.now, r.unit, r.ratio, r.ratio > threshold ? "  WORSE" : "");
  }
  return text;
}

}  // namespace mkt::load
