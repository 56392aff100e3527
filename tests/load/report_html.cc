// The page and its charts; see report_html.h.
#include "tests/load/report_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tests/load/chart.h"

namespace mkt::load {
namespace {

constexpr std::size_t kColours = 6;

constexpr std::string_view kStyle = R"(
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1c2430; --quiet: #667085; --edge: #e3e7ed;
  --good: #18794e; --bad: #c62a2f; --bound: #c62a2f;
  --c0: #2563c9; --c1: #c2570c; --c2: #0f766e; --c3: #7c3aed; --c4: #a16207; --c5: #be185d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1a2029; --text: #e6eaf0; --quiet: #98a3b3; --edge: #2b3440;
    --good: #4cc38a; --bad: #ff7b80; --bound: #ff7b80;
    --c0: #6ea8fe; --c1: #f7a35c; --c2: #4fd1c5; --c3: #b794f6; --c4: #e3c15a; --c5: #f687b3;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.01em; }
h2 { font-size: 20px; margin: 0; }
h3 { font-size: 13px; font-weight: 600; margin: 0 0 4px; color: var(--quiet); }
p { margin: 4px 0; }
.quiet { color: var(--quiet); }
.good { color: var(--good); } .bad { color: var(--bad); }
.card { background: var(--card); border: 1px solid var(--edge); border-radius: 10px;
  padding: 22px 24px; margin-top: 22px; }
.head { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: baseline; }
.verdict { margin-left: auto; font-weight: 600; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 18px 24px;
  margin: 16px 0 8px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-top: 12px; font-size: 13px; }
.legend span::before { content: ""; display: inline-block; width: 18px; height: 3px;
  border-radius: 2px; margin-right: 7px; vertical-align: middle; background: currentColor; }
.legend i { font-style: normal; color: var(--text); }
svg { width: 100%; height: auto; display: block; }
.grid { stroke: var(--edge); fill: none; } .faint { opacity: 0.6; }
.tick { font-size: 11.5px; fill: var(--quiet); font-variant-numeric: tabular-nums; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.dashed { stroke-dasharray: 2 5; }
.bound { fill: none; stroke: var(--bound); stroke-width: 1.4; stroke-dasharray: 6 4; }
.bound-name { font-size: 11.5px; fill: var(--bound); }
.line-0 { stroke: var(--c0); } .line-1 { stroke: var(--c1); } .line-2 { stroke: var(--c2); }
.line-3 { stroke: var(--c3); } .line-4 { stroke: var(--c4); } .line-5 { stroke: var(--c5); }
.ink-0 { color: var(--c0); } .ink-1 { color: var(--c1); } .ink-2 { color: var(--c2); }
.ink-3 { color: var(--c3); } .ink-4 { color: var(--c4); } .ink-5 { color: var(--c5); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th { font-weight: 600; color: var(--quiet); font-size: 12.5px; }
th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--edge); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; }
th:last-child, td:last-child { padding-right: 0; }
tr:last-child td { border-bottom: 0; }
td.part { color: var(--quiet); } td.part:first-child { padding-left: 18px; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(420px, 1fr)); gap: 6px 32px;
  margin: 14px 0 0; font-size: 13.5px; }
dl div { display: flex; justify-content: space-between; gap: 12px; border-bottom: 1px solid var(--edge); }
dt { color: var(--quiet); } dd { margin: 0; font-variant-numeric: tabular-nums; white-space: nowrap; }
.foot { margin-top: 20px; font-size: 13px; }
ul { margin: 12px 0 0; padding-left: 20px; }
a { color: inherit; text-decoration-color: var(--edge); text-underline-offset: 3px; }
)";

double in_seconds(Histogram::Duration time) { return std::chrono::duration<double>(time).count(); }

std::string ms_text(double ms) {
  if (ms >= 1000) return fmt::format("{:g} s", ms / 1000);
  if (ms >= 1 || ms <= 0) return fmt::format("{:g} ms", ms);
  return fmt::format("{:g} µs", ms * 1000);
}

std::string rate_text(double rate) {
  return rate >= 1000 ? fmt::format("{:g}k", rate / 1000) : fmt::format("{:g}", rate);
}

// A percentile's place: each nine takes the same room, so that the worst of a thousand can be seen.
double nines(double percent) { return -std::log10(1 - percent / 100); }

Points curve_of(const Measurement& run) {
  Points points;
  for (double p : curve_percentiles()) {
    // Beyond the last request there is nothing to tell.
    if ((1 - p / 100) * static_cast<double>(run.answered().count()) < 1) break;
    points.emplace_back(nines(p), in_ms(run.answered().percentile(p)));
  }
  return points;
}

// Up to each bounded percentile at its bound.
Points steps_of(const Budget& budget) {
  Points points;
  double from = 0;
  const std::pair<double, std::optional<double>> bounds[] = {
      {50, budget.p50_ms}, {95, budget.p95_ms}, {99, budget.p99_ms}};
  for (const auto& [percent, bound] : bounds) {
    if (!bound) continue;
    points.emplace_back(nines(from), *bound);
    points.emplace_back(nines(percent), *bound);
    from = percent;
  }
  return points;
}

std::string latency_chart(const Record& record) {
  Chart chart;
  chart.title = "Latency by percentile";
  chart.log_y = true;
  chart.y_text = ms_text;
  double furthest = nines(99);
  for (std::size_t i = 0; i < record.report.runs.size(); ++i) {
    const Measurement& run = record.report.runs[i];
    chart.lines.push_back({i % kColours, curve_of(run), false, run.name()});
    if (!chart.lines.back().points.empty()) {
      furthest = std::max(furthest, chart.lines.back().points.back().first);
    }
  }
  chart.x_ticks = {{0, "0"}, {nines(50), "50"}, {nines(90), "90"}, {nines(99), "99 %"}};
  const std::pair<double, const char*> more[] = {
      {99.9, "99.9"}, {99.99, "99.99"}, {99.999, "99.999"}};
  for (const auto& [percent, text] : more) {
    if (chart.x_ticks.back().at < furthest) chart.x_ticks.push_back({nines(percent), text});
  }
  chart.bound = steps_of(record.budget);
  chart.bound_name = "budget";
  return draw_chart(chart);
}

std::vector<Tick> time_ticks(const std::vector<Measurement>& runs) {
  double longest = 0;
  for (const Measurement& run : runs) longest = std::max(longest, in_seconds(run.took()));
  std::vector<Tick> ticks;
  const double step = nice_step(longest);
  for (int i = 0; i == 0 || ticks.back().at < longest; ++i) {
    const double at = step * i;
    ticks.push_back(
        {at, longest >= 240 ? fmt::format("{:g} min", at / 60) : fmt::format("{:g} s", at)});
  }
  return ticks;
}

// A value of each slice, in its middle. The last slice is cut short, and would look like a fall.
template <typename ValueOf>
Points over_time(const Measurement& run, ValueOf value_of) {
  Points points;
  const auto& slices = run.slices();
  const double width = in_seconds(run.slice_width());
  const std::size_t whole = slices.size() > 2 ? slices.size() - 1 : slices.size();
  for (std::size_t i = 0; i < whole; ++i) {
    points.emplace_back((static_cast<double>(i) + 0.5) * width, value_of(slices[i], width));
  }
  return points;
}

std::string throughput_chart(const Record& record) {
  Chart chart;
  chart.title = "Answers a second over time";
  chart.y_text = rate_text;
  chart.x_ticks = time_ticks(record.report.runs);
  for (std::size_t i = 0; i < record.report.runs.size(); ++i) {
    const Measurement& run = record.report.runs[i];
    const auto rate = [](std::uint64_t n, double width) { return static_cast<double>(n) / width; };
    chart.lines.push_back(
        {i % kColours,
         over_time(run,
                   [&](const Slice& s, double width) { return rate(s.answered.count(), width); }),
         false, run.name()});
    if (run.count(Outcome::refused) == 0) continue;
    chart.lines.push_back(
        {i % kColours,
         over_time(run, [&](const Slice& s, double width) { return rate(s.refused, width); }), true,
         run.name() + ": refused"});
  }
  if (record.budget.least_per_second && !chart.x_ticks.empty()) {
    const double least = *record.budget.least_per_second;
    chart.bound = {{chart.x_ticks.front().at, least}, {chart.x_ticks.back().at, least}};
    chart.bound_name = "at least";
  }
  return draw_chart(chart);
}

std::string tail_chart(const Record& record) {
  Chart chart;
  chart.title = "p99 over time";
  chart.log_y = true;
  chart.y_text = ms_text;
  chart.x_ticks = time_ticks(record.report.runs);
  for (std::size_t i = 0; i < record.report.runs.size(); ++i) {
    Points points = over_time(record.report.runs[i], [](const Slice& s, double) {
      return in_ms(s.answered.percentile(99));
    });
    std::erase_if(points, [](const auto& point) { return point.second <= 0; });
    chart.lines.push_back({i % kColours, std::move(points), false, record.report.runs[i].name()});
  }
  if (record.budget.p99_ms) {
    chart.bound = {{chart.x_ticks.front().at, *record.budget.p99_ms},
                   {chart.x_ticks.back().at, *record.budget.p99_ms}};
    chart.bound_name = "budget";
  }
  return draw_chart(chart);
}

std::string figure(std::string_view title, std::string svg) {
  return fmt::format("<div><h3>{}</h3>\n{}</div>\n", title, svg);
}

std::string number(std::uint64_t n) { return format_count(static_cast<double>(n)); }

// Never by colour alone.
std::string verdict_text(const Record& record) {
  const std::string_view word = verdict(record);
  return fmt::format("{} {}", word == "good" ? "✓" : word == "broken" ? "✗" : "–", word);
}
std::string_view verdict_class(const Record& record) {
  const std::string_view word = verdict(record);
  return word == "good" ? "good" : word == "broken" ? "bad" : "quiet";
}

std::string run_rows(const Measurement& run) {
  const auto row = [](std::string_view part, std::string_view name, const Histogram& h,
                      double per_second, std::string_view refused, std::string_view failed) {
    std::string cells = fmt::format("<td{}>{}</td>", part, escape_html(name));
    for (const std::string& cell :
         {number(h.count()), format_count(per_second), format_latency(h.percentile(50)),
          format_latency(h.percentile(95)), format_latency(h.percentile(99)),
          format_latency(h.max()), std::string(refused), std::string(failed)}) {
      cells += fmt::format("<td{}>{}</td>", part, cell);
    }
    return "<tr>" + cells + "</tr>\n";
  };
  std::string rows = row("", run.name(), run.answered(), run.per_second(),
                         number(run.count(Outcome::refused)), number(run.count(Outcome::failed)));
  if (run.operations().size() < 2) return rows;
  for (const auto& [name, h] : run.operations()) {
    if (h.count() == 0) continue;
    rows += row(" class=\"part\"", name, h, static_cast<double>(h.count()) / in_seconds(run.took()),
                "", "");
  }
  return rows;
}

std::string card(const Record& record) {
  const auto& runs = record.report.runs;
  const auto broken = record.broken();
  std::string html = fmt::format(
      "<section class=\"card\" id=\"{0}\">\n<div class=\"head\"><h2>{0}</h2>"
      "<span class=\"quiet\">{1}</span><span class=\"verdict {2}\">{3}</span></div>\n",
      escape_html(record.scenario), escape_html(record.about), verdict_class(record),
      verdict_text(record));
  if (!broken.empty() || !record.report.skipped.empty()) {
    html += "<ul>\n";
    for (const auto& what : broken) {
      html += fmt::format("<li class=\"bad\">{}</li>\n", escape_html(what));
    }
    for (const auto& part : record.report.skipped) {
      html += fmt::format("<li class=\"quiet\">left out: {}</li>\n", escape_html(part));
    }
    html += "</ul>\n";
  }
  if (!runs.empty()) {
    html += "<div class=\"legend\">";
    for (std::size_t i = 0; i < runs.size(); ++i) {
      html += fmt::format("<span class=\"ink-{}\"><i>{}</i></span>", i % kColours,
                          escape_html(runs[i].name()));
    }
    html += "</div>\n<div class=\"charts\">\n" +
            figure("Latency by percentile", latency_chart(record)) +
            figure("Answers a second over time (dotted: refused)", throughput_chart(record)) +
            figure("p99 over time", tail_chart(record)) + "</div>\n";
    html +=
        "<div class=\"wide\"><table><thead><tr><th></th><th>answered</th><th>per s</th>"
        "<th>p50</th><th>p95</th><th>p99</th><th>longest</th><th>refused</th><th>failed</th>"
        "</tr></thead><tbody>\n";
    for (const Measurement& run : runs) html += run_rows(run);
    html += "</tbody></table></div>\n";
  }
  if (!record.report.figures.empty()) {
    html += "<dl>\n";
    for (const Figure& f : record.report.figures) {
      html += fmt::format("<div><dt>{}</dt><dd>{:.4g} {}</dd></div>\n", escape_html(f.name),
                          f.value, escape_html(f.unit));
    }
    html += "</dl>\n";
  }
  return html + "</section>\n";
}

std::string summary(const std::vector<Record>& records) {
  std::string html =
      "<section class=\"card\"><div class=\"wide\"><table><thead><tr><th>scenario</th><th>per "
      "s</th>"
      "<th>p50</th><th>p95</th><th>p99</th><th>failed</th><th>budget</th><th></th></tr></thead>"
      "<tbody>\n";
  for (const Record& record : records) {
    html += fmt::format("<tr><td><a href=\"#{0}\">{0}</a></td>", escape_html(record.scenario));
    if (record.report.runs.empty()) {
      html += "<td>–</td><td>–</td><td>–</td><td>–</td><td>–</td>";
    } else {
      const Measurement& run = record.report.runs.front();
      html += fmt::format(
          "<td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>", format_count(run.per_second()),
          format_latency(run.answered().percentile(50)),
          format_latency(run.answered().percentile(95)),
          format_latency(run.answered().percentile(99)), number(run.count(Outcome::failed)));
    }
    html +=
        fmt::format("<td>{}</td><td class=\"{}\">{}</td></tr>\n", escape_html(record.budget.name),
                    verdict_class(record), verdict_text(record));
  }
  return html + "</tbody></table></div></section>\n";
}

}  // namespace

std::string report_html(const std::vector<Record>& records, const ReportHead& head) {
  const auto bad = std::count_if(records.begin(), records.end(),
                                 [](const Record& r) { return !r.broken().empty(); });
  const std::string verdict =
      bad == 0 ? std::string("<span class=\"good\">all within their budgets</span>")
               : fmt::format("<span class=\"bad\">{} of {} broken</span>", bad, records.size());
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>mkt load test</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n"
      "<h1>Load test: {}</h1>\n<p class=\"quiet\">{} run of {} · {} · {}</p>\n",
      kStyle, verdict, head.quick ? "Quick" : "Full", escape_html(head.registry),
      escape_html(head.machine), escape_html(head.at));
  html += summary(records);
  for (const Record& record : records) html += card(record);
  html +=
      "<p class=\"quiet foot\">Latencies count from when a request was due, not from when it was "
      "sent. "
      "Budgets bound the first run of a scenario.</p>\n</main>\n</body>\n</html>\n";
  return html;
}

}  // namespace mkt::load
