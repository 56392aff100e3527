// The daemon's log: one line per event, to stderr, as logfmt or as JSON.
//
//   time=2026-01-31T12:00:00.000Z level=info msg="request" status=200 …
//   {"time":"2026-01-31T12:00:00.000Z","level":"info","msg":"request","status":"200"}
//
// Values with anything but plain characters are quoted and escaped, so a client can neither forge a
// line nor reach the terminal. Thread-safe: each line is one write.
//
// Where the log goes to systemd's journal (journal.h), an event is an entry with the line as its
// MESSAGE, without the time in logfmt, its PRIORITY, and each field by itself, as MKTD_STATUS.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace mkt {

enum class LogLevel { debug, info, warning, error };

using LogFields = std::vector<std::pair<std::string_view, std::string>>;

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
