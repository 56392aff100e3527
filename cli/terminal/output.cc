#include "cli/terminal/output.h"

#include <fmt/format.h>

#include <array>

#include "cli/terminal/pager.h"
#include "cli/terminal/progress.h"
#include "common/base/utf8.h"
#include "common/connector/manifest.h"

namespace mkt {
const Screen& Output::screen() const {
  if (!screen_) screen_ = Screen::of_process(no_color);
  return *screen_;
}

void Output::result(const Json& document, std::string_view text) const {
  if (json) {
    fmt::print("{}", dump_json_pretty(document));
  } else if (!text.empty()) {
    fmt::print("{}{}", text, text.ends_with('\n') ? "" : "\n");
  }
}

void Output::paged_result(const Json& document, std::string_view text) const {
  if (json || text.empty()) return result(document, text);
  print_paged(text, screen());
}

void Output::result(const Json& document, const Table& table) const {
  result(document, table.empty() ? std::string() : table.text(screen()));
}

bool Output::tells_steps() const {
  return !json && !quiet && (screen().err_is_terminal || is_ci(process_environment()));
}

void Output::done(std::string_view text) const {
  if (tells_steps()) note(on_err("✓ ", Tone::good) + std::string(text));
}

void Output::note(std::string_view text) const {
  if (!quiet) fmt::print(stderr, "{}\n", text);
}

void Output::warn(std::string_view text) const {
  fmt::print(stderr, "{} {}\n", on_err("warning:", Tone::caution), text);
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
  fmt::print(stderr, "{} {}\n", on_err("mkt:", Tone::bad), printable(e.message));
  if (e.details.size() > 1) fmt::print(stderr, "{}", describe_details(e));
}

std::function<void(std::uint64_t, std::uint64_t)> Output::progress(std::string what) const {
  if (quiet) return {};
  return follow_progress(std::move(what), screen(), steady_progress_clock(),
                         stderr_progress_writer());
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
