#include "common/base/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/journal.h"
#include "common/base/json.h"
#include "common/base/live.h"
#include "common/base/utc_time.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

std::atomic<LogLevel> least{LogLevel::info};
std::atomic<LogFormat> format_used{LogFormat::logfmt};

constexpr std::array<std::string_view, 4> kLevels = {"debug", "info", "warning", "error"};

// Of syslog(3), in the order of the levels.
constexpr std::array<int, 4> kPriorities = {7, 6, 4, 3};

Live<std::shared_ptr<const Journal>> journal_used;  // null: stderr

bool is_plain(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return c > 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '=';
  });
}

std::string logfmt_value(std::string_view value) {
  if (is_plain(value)) return std::string(value);
  std::string out = "\"";
  for (char c : printable(value)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// Without a time where it is empty.
std::string logfmt_line(std::string_view time, std::string_view level, std::string_view message,
                        const LogFields& fields) {
  std::string line = time.empty() ? "" : fmt::format("time={} ", time);
  line += fmt::format("level={} msg={}", level, logfmt_value(message));
  for (const auto& [name, value] : fields) {
    line += fmt::format(" {}={}", name, logfmt_value(value.text()));
  }
  return line;
}

std::string json_line(std::string_view time, std::string_view level, std::string_view message,
                      const LogFields& fields) {
  Json line{{"time", time}, {"level", level}, {"msg", message}};
  for (const auto& [name, value] : fields) {
    line[std::string(name)] = value.number() ? Json(*value.number()) : Json(value.text());
  }
  return dump_json(line);
}

JournalFields journal_entry(LogLevel level, const std::string& line, const LogFields& fields) {
  JournalFields entry{{"MESSAGE", line},
                      {"PRIORITY", std::to_string(kPriorities[static_cast<std::size_t>(level)])},
                      {"SYSLOG_IDENTIFIER", "mktd"}};
  for (const auto& [name, value] : fields) {
    entry.emplace_back(journal_field_name(name), value.text());
  }
  return entry;
}

}  // namespace

void set_log_level(LogLevel level) { least = level; }
void set_log_format(LogFormat format) { format_used = format; }

LogLevel parse_log_level(std::string_view word) {
  const auto it = std::find(kLevels.begin(), kLevels.end(), word);
  return it == kLevels.end() ? LogLevel::info : static_cast<LogLevel>(it - kLevels.begin());
}

Status set_log_target(LogTarget target) {
  if (target == LogTarget::standard_error) {
    journal_used.set(nullptr);
    return {};
  }
  MKT_TRY(Journal journal, Journal::open());
  journal_used.set(std::make_shared<const Journal>(std::move(journal)));
  return {};
}

void log_event(LogLevel level, std::string_view message, const LogFields& fields) {
  if (level < least.load()) return;
  const std::string time = format_utc(utc_now());
  const std::string_view word = kLevels[static_cast<std::size_t>(level)];
  const bool as_json = format_used == LogFormat::json;
  if (const auto journal = *journal_used.get(); journal != nullptr) {
    const std::string line =
        as_json ? json_line(time, word, message, fields) : logfmt_line("", word, message, fields);
    if (journal->send(journal_entry(level, line, fields))) return;
  }
  const auto make_line = as_json ? json_line : logfmt_line;
  const std::string line = make_line(time, word, message, fields) + '\n';
  // A failure of the log itself can be reported nowhere.
  (void)write_all(STDERR_FILENO, as_bytes(line), "the log");
}

}  // namespace mkt
