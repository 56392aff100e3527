// Records as JSON; see report_json.h.
#include "tests/load/report_json.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <thread>

#include "common/base/utc_time.h"

namespace mkt::load {
namespace {

double rounded_ms(Histogram::Duration time) {
  return static_cast<double>((time.count() + 500) / 1000) / 1000;
}

// To the nanosecond is noise; to the microsecond is enough.
Json latency_json(const Histogram& h) {
  return {{"min", rounded_ms(h.min())},
          {"mean", rounded_ms(h.mean())},
          {"p50", rounded_ms(h.percentile(50))},
          {"p90", rounded_ms(h.percentile(90))},
          {"p95", rounded_ms(h.percentile(95))},
          {"p99", rounded_ms(h.percentile(99))},
          {"p99.9", rounded_ms(h.percentile(99.9))},
          {"max", rounded_ms(h.max())}};
}

Json run_json(const Measurement& run) {
  Json json{{"name", run.name()},
            {"seconds", std::chrono::duration<double>(run.took()).count()},
            {"driverCpuSeconds", std::chrono::duration<double>(run.driver()).count()},
            {"answered", run.count(Outcome::answered)},
            {"refused", run.count(Outcome::refused)},
            {"failed", run.count(Outcome::failed)},
            {"perSecond", run.per_second()},
            {"latencyMs", latency_json(run.answered())}};
  if (run.refused().count() > 0) json["refusedLatencyMs"] = latency_json(run.refused());
  Json operations = Json::object();
  for (const auto& [name, h] : run.operations()) {
    if (h.count() == 0) continue;
    operations[name] = latency_json(h);
    operations[name]["count"] = h.count();
  }
  json["operations"] = std::move(operations);
  Json curve = Json::array();
  for (double p : curve_percentiles())
    curve.push_back({p, rounded_ms(run.answered().percentile(p))});
  json["curve"] = std::move(curve);
  Json slices = Json::array();
  for (const Slice& s : run.slices()) {
    slices.push_back({{"answered", s.answered.count()},
                      {"refused", s.refused},
                      {"failed", s.failed},
                      {"p50Ms", rounded_ms(s.answered.percentile(50))},
                      {"p99Ms", rounded_ms(s.answered.percentile(99))}});
  }
  json["sliceSeconds"] = std::chrono::duration<double>(run.slice_width()).count();
  json["slices"] = std::move(slices);
  json["failures"] = run.failures();
  return json;
}

Json budget_json(const Budget& budget) {
  Json json{{"name", budget.name}};
  const auto put = [&](const char* name, const std::optional<double>& bound) {
    if (bound) json[name] = *bound;
  };
  put("p50Ms", budget.p50_ms);
  put("p95Ms", budget.p95_ms);
  put("p99Ms", budget.p99_ms);
  put("errorShare", budget.error_share);
  put("leastPerSecond", budget.least_per_second);
  return json;
}

}  // namespace

const std::vector<double>& curve_percentiles() {
  static const std::vector<double> all = {
      0,  5,    10,   15,   20,   25,   30,   35,   40,   45,   50,    55,    60,     65,
      70, 75,   80,   85,   90,   91,   92,   93,   94,   95,   96,    97,    98,     98.5,
      99, 99.1, 99.2, 99.3, 99.4, 99.5, 99.6, 99.7, 99.8, 99.9, 99.95, 99.99, 99.995, 99.999};
  return all;
}

ReportHead describe_machine(std::string registry, bool quick) {
  utsname system{};
  ::uname(&system);
  return {format_utc(utc_now()),
          fmt::format("{} cores, {} {}", std::thread::hardware_concurrency(), system.sysname,
                      system.release),
          std::move(registry), quick};
}

Json report_json(const std::vector<Record>& records, const ReportHead& head) {
  Json scenarios = Json::array();
  bool passed = true;
  for (const Record& record : records) {
    Json runs = Json::array();
    for (const Measurement& run : record.report.runs) runs.push_back(run_json(run));
    Json figures = Json::array();
    for (const Figure& f : record.report.figures) {
      figures.push_back({{"name", f.name}, {"value", f.value}, {"unit", f.unit}});
    }
    const auto broken = record.broken();
    passed = passed && broken.empty();
    scenarios.push_back({{"name", record.scenario},
                         {"about", record.about},
                         {"passed", broken.empty()},
                         {"broken", broken},
                         {"leftOut", record.report.skipped},
                         {"budget", budget_json(record.budget)},
                         {"figures", std::move(figures)},
                         {"runs", std::move(runs)}});
  }
  return {{"at", head.at},       {"machine", head.machine}, {"registry", head.registry},
          {"quick", head.quick}, {"passed", passed},        {"scenarios", std::move(scenarios)}};
}

}  // namespace mkt::load
