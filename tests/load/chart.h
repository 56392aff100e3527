// Chart: lines over an axis as SVG, for a page without scripts. Colours are the page's: a line is
// of class "line-N", what bounds it of class "bound".
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mkt::load {

using Points = std::vector<std::pair<double, double>>;

struct ChartLine {
  std::size_t colour = 0;
  Points points;
  bool dashed = false;
  std::string tip;  // shown under the pointer
};

struct Tick {
  double at;
  std::string text;
};

struct Chart {
  std::string title;
  std::vector<Tick> x_ticks;
  std::vector<ChartLine> lines;
  Points bound = {};  // drawn dashed
  std::string bound_name = {};
  bool log_y = false;
  // What a value on the y axis is written as.
  std::string (*y_text)(double) = nullptr;
};

// "<svg …>"; a word instead where there is nothing to draw.
std::string draw_chart(const Chart& chart);

// 1, 2 or 5 times a power of ten, so that some four of them fill the span.
double nice_step(double span);

std::string escape_html(std::string_view text);

}  // namespace mkt::load
