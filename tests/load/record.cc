// A scenario's lines on the terminal; see record.h.
#include "tests/load/record.h"

#include <fmt/format.h>

namespace mkt::load {

std::string_view verdict(const Record& record) {
  if (!record.broken().empty()) return "broken";
  return record.report.runs.empty() ? "not run" : "good";
}

std::string format_latency(Histogram::Duration time) {
  const double ms = std::chrono::duration<double, std::milli>(time).count();
  if (ms >= 1000) return fmt::format("{:.2f} s", ms / 1000);
  if (ms >= 100) return fmt::format("{:.0f} ms", ms);
  if (ms >= 10) return fmt::format("{:.1f} ms", ms);
  if (ms >= 1) return fmt::format("{:.2f} ms", ms);
  return fmt::format("{:.3f} ms", ms);
}

std::string format_count(double number) {
  std::string digits = fmt::format("{:.0f}", number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

std::string format_record(const Record& record) {
  constexpr const char* kRow = "  {:<41} {:>9} {:>9} {:>10} {:>10} {:>10} {:>10} {:>8} {:>7}\n";
  std::string text = fmt::format("\n{}: {}\n", record.scenario, record.about);
  if (!record.report.runs.empty()) {
    text += fmt::format(kRow, "", "answered", "per s", "p50", "p95", "p99", "longest", "refused",
                        "failed");
  }
  const auto row = [&](std::string_view name, const Histogram& h, double per_second,
                       std::string refused, std::string failed) {
    text += fmt::format(kRow, name, format_count(static_cast<double>(h.count())),
                        format_count(per_second), format_latency(h.percentile(50)),
                        format_latency(h.percentile(95)), format_latency(h.percentile(99)),
                        format_latency(h.max()), refused, failed);
  };
  for (const Measurement& run : record.report.runs) {
    const auto number = [&](Outcome outcome) {
      return format_count(static_cast<double>(run.count(outcome)));
    };
    row(run.name(), run.answered(), run.per_second(), number(Outcome::refused),
        number(Outcome::failed));
    if (run.operations().size() < 2) continue;
    const double seconds = std::chrono::duration<double>(run.took()).count();
    for (const auto& [operation, latencies] : run.operations()) {
      if (latencies.count() == 0) continue;
      row("  " + operation, latencies, static_cast<double>(latencies.count()) / seconds, "", "");
    }
  }
  for (const Figure& figure : record.report.figures) {
    text += fmt::format("  {:<61} {:>10.2f} {}\n", figure.name, figure.value, figure.unit);
  }
  for (const std::string& part : record.report.skipped) text += "  left out: " + part + "\n";
  for (const Measurement& run : record.report.runs) {
    for (const std::string& failure : run.failures()) text += "  failed: " + failure + "\n";
  }
  const auto broken = record.broken();
  for (const std::string& what : broken) text += "  BROKEN " + what + "\n";
  if (broken.empty())
    text += fmt::format("  {} (budget: {})\n", verdict(record), record.budget.name);
  return text;
}

}  // namespace mkt::load
