#include "cli/terminal/output.h"

#include <fmt/format.h>

#include <array>

#include "cli/terminal/common_names.h"
#include "cli/terminal/pager.h"
#include "common/base/utf8.h"
#include "common/connector/manifest.h"

namespace mkt {
namespace {

std::string whole_lines(std::string_view text) {
  return fmt::format("{}{}", text, text.ends_with('\n') ? "" : "\n");
}

}  // namespace

const Screen& Output::screen() const {
  if (!screen_) screen_ = Screen::of_process(no_color);
  return *screen_;
}

void Output::print_text(std::string_view text) const { write_to_stdout(text_to_print(text)); }

std::string Output::text_to_print(std::string_view text) const {
  return screen().out_is_file ? std::string(text) : CiReport(process_environment()).log_text(text);
}

void Output::print_json(std::string_view text) const {
  const std::string safe = escape_controls(text);
  write_to_stdout(screen().out_is_file ? safe : CiReport(process_environment()).log_json(safe));
}

void Output::document_beside(const Json& document) const {
  const std::string safe = escape_controls(dump_json_pretty(document));
  write_to_stderr(CiReport(process_environment()).log_json(safe));
}

void Output::print_message(std::string_view text) const {
  write_to_stderr(CiReport(process_environment()).log_text(text));
}

void Output::print_document(const Json& document) const {
  Json shown = document;
  add_common_names(shown);
  if (jq) {
    const auto lines = jq->print(shown);
    if (lines) {
      print_text(*lines);
    } else {
      failure_ = lines.error();
    }
    return;
  }
  if (!format) {
    print_json(dump_json_pretty(shown));
    return;
  }
  const FormatTemplate::Lines lines = format->print(shown);
  print_text(lines.text);
  if (!lines.unknown.empty()) {
    warn(fmt::format("--format: the document has no {}; see what it has with --json",
                     printable(fmt::format("{}", fmt::join(lines.unknown, ", ")))));
  }
}

void Output::result(const Json& document, std::string_view text) const {
  if (json) {
    print_document(document);
  } else if (!text.empty()) {
    print_text(whole_lines(text));
  }
}

void Output::paged_result(const Json& document, std::string_view text) const {
  if (json || text.empty()) return result(document, text);
  print_paged(text_to_print(whole_lines(text)), screen());
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
  if (!quiet) print_message(fmt::format("{}\n", text));
}

void Output::warn(std::string_view text) const {
  const std::string annotation =
      CiReport(process_environment()).annotation(CiReport::Level::warning, text);
  if (!annotation.empty()) {
    write_to_stderr(annotation + "\n");
  } else {
    write_to_stderr(fmt::format("{} {}\n", on_err("warning:", Tone::caution), text));
  }
}

void Output::error(const Error& e) const {
  if (json && !format && !jq) print_json(dump_json_pretty(describe_error(e)));
  tell_error(e);
}

void Output::tell_error(const Error& e) const {
  const CiReport ci(process_environment());
  const std::string message = printable(e.message);
  const std::string annotation = ci.annotation(CiReport::Level::error, message);
  if (!annotation.empty()) {
    write_to_stderr(annotation + "\n");
  } else {
    write_to_stderr(fmt::format("{} {}\n", on_err("mkt:", Tone::bad), message));
  }
  if (e.details.size() > 1) print_message(describe_details(e));
  if (const Status told = ci.failed(message); !told) warn(told.error().message);
}

Status Output::event(const Json& document, std::string_view text) const {
  if (json) {
    print_json(dump_json(document) + "\n");
  } else {
    print_text(fmt::format("{}\n", text));
  }
  return flush_stdout();
}

void Output::report_to_ci(const CiResult& result) const {
  const Status told = CiReport(process_environment()).succeeded(result);
  if (!told) warn(told.error().message);
}

std::function<void(std::uint64_t, std::uint64_t)> Output::progress(std::string what,
                                                                   ProgressUnit unit) const {
  if (quiet) return {};
  return follow_progress(std::move(what), unit, screen(), steady_progress_clock(),
                         stderr_progress_writer());
}

Json describe_error(const Error& error) {
  Json details = Json::array();
  for (const ErrorDetail& d : error.details) {
    details.push_back({{"path", d.path}, {"message", d.message}});
  }
  Json document{{"error", error.message},
                {"code", error_code_name(error.code)},
                {"message", error.message},
                {"details", details},
                {"exitStatus", static_cast<int>(exit_status(error.code))}};
  // Whole seconds, as in the header Retry-After; rounded up, so that nobody comes too early.
  if (error.retry_after) {
    document["retryAfter"] = std::chrono::ceil<std::chrono::seconds>(*error.retry_after).count();
  }
  return document;
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
