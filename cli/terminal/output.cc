#include "cli/terminal/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "common/base/utf8.h"
#include "common/connector/manifest.h"

namespace mkt {
namespace {

bool color_wanted(bool no_color) {
  const char* forbidden = std::getenv("NO_COLOR");  // no-color.org
  return !no_color && (forbidden == nullptr || *forbidden == '\0') && ::isatty(STDERR_FILENO) == 1;
}

}  // namespace

void Output::result(const Json& document, std::string_view text) const {
  if (json) {
    fmt::print("{}", dump_json_pretty(document));
  } else if (!text.empty()) {
    fmt::print("{}{}", text, text.ends_with('\n') ? "" : "\n");
  }
}

void Output::note(std::string_view text) const {
  if (!quiet) fmt::print(stderr, "{}\n", text);
}

void Output::warn(std::string_view text) const {
  const bool color = color_wanted(no_color);
  fmt::print(stderr, "{}warning:{} {}\n", color ? "\033[33m" : "", color ? "\033[0m" : "", text);
}

void Output::error(const Error& e) const {
  if (json) {
    Json details = Json::array();
    for (const ErrorDetail& d : e.details) {
      details.push_back({{"path", d.path}, {"message", d.message}});
    }
    fmt::print("{}", dump_json_pretty({{"error", e.message},
                                       {"code", error_code_name(e.code)},
                                       {"message", e.message},
                                       {"details", details},
                                       {"exitStatus", static_cast<int>(exit_status(e.code))}}));
  }
  const bool color = color_wanted(no_color);
  fmt::print(stderr, "{}mkt:{} {}\n", color ? "\033[31m" : "", color ? "\033[0m" : "",
             printable(e.message));
  if (e.details.size() > 1) fmt::print(stderr, "{}", describe_details(e));
}

std::function<void(std::uint64_t, std::uint64_t)> Output::progress(std::string what) const {
  if (quiet || ::isatty(STDERR_FILENO) != 1) return {};
  return [what = std::move(what), last = std::make_shared<int>(-1)](std::uint64_t done,
                                                                    std::uint64_t total) {
    if (total == 0) return;
    const int percent = static_cast<int>(done * 100 / total);
    if (percent == *last) return;
    *last = percent;
    // At the end, clear the line: the result says what was done.
    if (done == total) {
      fmt::print(stderr, "\r\033[K");
    } else {
      fmt::print(stderr, "\r{} {:3} % of {}", what, percent, format_bytes(total));
    }
  };
}

std::string format_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], count_code_points(row[i]));
    }
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 == row.size()) break;
      out.append(widths[i] - count_code_points(row[i]) + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 4> kUnits = {"bytes", "kB", "MB", "GB"};
  if (bytes < 1000) return fmt::format("{} bytes", bytes);
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace mkt
