// The daemon's log: one logfmt line an event, to stderr.
//
//   time=2026-01-31T12:00:00.000Z level=info msg="request" status=200 …
//
// Values that hold anything but plain characters are quoted and escaped, so that a client can
// neither forge a line nor reach the terminal. Thread-safe: a line is one write.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mkt {

enum class LogLevel { debug, info, warning, error };

using LogFields = std::vector<std::pair<std::string_view, std::string>>;

void log_event(LogLevel level, std::string_view message, const LogFields& fields);

// Events below this level are dropped. Set once, before other threads start.
void set_log_level(LogLevel level);

}  // namespace mkt
