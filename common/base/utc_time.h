// Times as the wire and the store use them: UTC, in milliseconds, as RFC 3339 text.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mkt {

using UtcTime = std::chrono::sys_time<std::chrono::milliseconds>;

UtcTime utc_now();

// "2026-01-31T12:00:00.000Z"
std::string format_utc(UtcTime time);

// Accepts an RFC 3339 date-time with "Z" or a numeric offset; nullopt for anything else.
std::optional<UtcTime> parse_utc(std::string_view text);

inline std::int64_t to_unix_ms(UtcTime time) { return time.time_since_epoch().count(); }
inline UtcTime from_unix_ms(std::int64_t ms) { return UtcTime(std::chrono::milliseconds(ms)); }

}  // namespace mkt
