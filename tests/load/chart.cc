// Axes, ticks and paths; see chart.h.
#include "tests/load/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace mkt::load {
namespace {

constexpr double kWidth = 420, kHeight = 250;
constexpr double kLeft = 54, kRight = 10, kTop = 14, kBottom = 30;
constexpr double kBottomEdge = kHeight - kBottom;
constexpr double kRightEdge = kWidth - kRight;

// From values to places.
struct Scale {
  double first = 0, last = 1;
  double from = 0, to = 1;
  bool log = false;

  double operator()(double value) const {
    const double position = log ? (std::log10(std::max(value, first)) - std::log10(first)) /
                                      (std::log10(last) - std::log10(first))
                                : (value - first) / (last - first);
    return from + std::clamp(position, 0.0, 1.0) * (to - from);
  }
};

std::vector<double> y_ticks(const Scale& scale) {
  std::vector<double> ticks;
  if (scale.log) {
    for (double tick = scale.first; tick <= scale.last * 1.001; tick *= 10) ticks.push_back(tick);
  } else {
    const double step = nice_step(scale.last);
    for (double tick = 0; tick <= scale.last * 1.001; tick += step) ticks.push_back(tick);
  }
  return ticks;
}

void widen(const Points& points, double& least, double& most) {
  for (const auto& [x, y] : points) {
    if (y > 0) least = std::min(least, y);
    most = std::max(most, y);
  }
}

std::string path_of(const Points& points, const Scale& x, const Scale& y) {
  std::string path;
  for (const auto& [px, py] : points) {
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x(px), y(py));
  }
  return path;
}

}  // namespace

double nice_step(double span) {
  const double rough = span / 4;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power) return factor * power;
  }
  return 10 * power;
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string draw_chart(const Chart& chart) {
  double least = 1e300, most = 0;
  for (const ChartLine& line : chart.lines) widen(line.points, least, most);
  if (most <= 0 || chart.x_ticks.empty()) return "<p class=\"quiet\">nothing to draw</p>";
  widen(chart.bound, least, most);

  const Scale x{chart.x_ticks.front().at, chart.x_ticks.back().at, kLeft, kRightEdge, false};
  Scale y{0, most * 1.08, kBottomEdge, kTop, chart.log_y};
  if (chart.log_y) {
    y.first = std::pow(10, std::floor(std::log10(least)));
    y.last = std::pow(10, std::ceil(std::log10(most * 1.01)));
  }

  std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n",
                                kWidth, kHeight, escape_html(chart.title));
  for (double tick : y_ticks(y)) {
    svg += fmt::format(
        "<path class=\"grid\" d=\"M{0} {1:.1f}H{2}\"/>"
        "<text class=\"tick\" x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
        kLeft, y(tick), kRightEdge, kLeft - 8, y(tick) + 4, chart.y_text(tick));
  }
  for (const Tick& tick : chart.x_ticks) {
    const bool is_last = &tick == &chart.x_ticks.back();
    svg += fmt::format(
        "<path class=\"grid faint\" d=\"M{0:.1f} {1}V{2}\"/>"
        "<text class=\"tick\" x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"{4}\">{5}</text>\n",
        x(tick.at), kTop, kBottomEdge, kBottomEdge + 19, is_last ? "end" : "middle",
        escape_html(tick.text));
  }
  if (!chart.bound.empty()) {
    svg += fmt::format("<path class=\"bound\" d=\"{}\"><title>{}</title></path>\n",
                       path_of(chart.bound, x, y), escape_html(chart.bound_name));
    const auto& [bx, by] = chart.bound.back();
    svg += fmt::format(
        "<text class=\"bound-name\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
        x(bx), y(by) - 5, escape_html(chart.bound_name));
  }
  for (const ChartLine& line : chart.lines) {
    if (line.points.empty()) continue;
    svg += fmt::format("<path class=\"line line-{}{}\" d=\"{}\"><title>{}</title></path>\n",
                       line.colour, line.dashed ? " dashed" : "", path_of(line.points, x, y),
                       escape_html(line.tip));
  }
  return svg + "</svg>\n";
}

}  // namespace mkt::load
