// The daemon's log: one line per event, to stderr, as logfmt or as JSON.
//
//   time=2026-01-31T12:00:00.000Z level=info msg="request" status=200 …
//   {"time":"2026-01-31T12:00:00.000Z","level":"info","msg":"request","status":200}
//
// Values with anything but plain characters are quoted and escaped, so a client can neither forge a
// line nor reach the terminal. Thread-safe: each line is one write.
//
// Where the log goes to systemd's journal (journal.h), an event is an entry with the line as its
// MESSAGE, without the time in logfmt, its PRIORITY, and each field by itself, as MKTD_STATUS.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace mkt {

enum class LogLevel { debug, info, warning, error };

template <typename T>
concept LogNumber = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

// Text or, where an event counts or measures something, a number, which is one in JSON, too.
class LogValue {
 public:
  LogValue(std::string text) : text_(std::move(text)) {}            // NOLINT: implicit
  LogValue(std::string_view text) : text_(text) {}                  // NOLINT: implicit
  LogValue(const char* text) : LogValue(std::string_view(text)) {}  // NOLINT: implicit
  template <LogNumber Number>
  LogValue(Number number)  // NOLINT: implicit
      : text_(std::to_string(number)), number_(static_cast<std::int64_t>(number)) {}

  const std::string& text() const { return text_; }
  const std::optional<std::int64_t>& number() const { return number_; }

 private:
  std::string text_;
  std::optional<std::int64_t> number_;
};

using LogFields = std::vector<std::pair<std::string_view, LogValue>>;

void log_event(LogLevel level, std::string_view message, const LogFields& fields);

// Events below this level are dropped.
void set_log_level(LogLevel level);
// "debug", "info", "warning", "error"; info for anything else.
LogLevel parse_log_level(std::string_view word);

enum class LogFormat { logfmt, json };
void set_log_format(LogFormat format);

// The journal's fields where there is a journal; what cannot be sent goes to stderr.
enum class LogTarget { standard_error, journal };
// An error where there is no journal; then the log goes where it went.
Status set_log_target(LogTarget target);

}  // namespace mkt
