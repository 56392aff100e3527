#include "common/base/utc_time.h"

#include <fmt/format.h>

#include <charconv>

namespace mkt {
namespace {

// Reads exactly `digits` decimal digits at `at` and moves `at` past them.
std::optional<int> take_number(std::string_view text, std::size_t& at, std::size_t digits) {
  if (at + digits > text.size()) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const char c = text[at + i];
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  at += digits;
  return value;
}

bool take(std::string_view text, std::size_t& at, char expected) {
  if (at >= text.size() || text[at] != expected) return false;
  ++at;
  return true;
}

}  // namespace

UtcTime utc_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string format_utc(UtcTime time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::optional<UtcTime> parse_utc(std::string_view text) {
  using namespace std::chrono;
  std::size_t at = 0;
  const auto y = take_number(text, at, 4);
  if (!y || !take(text, at, '-')) return std::nullopt;
  const auto mo = take_number(text, at, 2);
  if (!mo || !take(text, at, '-')) return std::nullopt;
  const auto d = take_number(text, at, 2);
  if (!d || !take(text, at, 'T')) return std::nullopt;
  const auto h = take_number(text, at, 2);
  if (!h || !take(text, at, ':')) return std::nullopt;
  const auto mi = take_number(text, at, 2);
  if (!mi || !take(text, at, ':')) return std::nullopt;
  const auto s = take_number(text, at, 2);
  if (!s || *h > 23 || *mi > 59 || *s > 59) return std::nullopt;

  int ms = 0;
  if (take(text, at, '.')) {
    int scale = 100;
    const std::size_t first = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      ms += (text[at] - '0') * scale;
      scale /= 10;
      ++at;
    }
    if (at == first || at - first > 9) return std::nullopt;
  }

  minutes offset{0};
  if (!take(text, at, 'Z')) {
    const bool east = at < text.size() && text[at] == '+';
    if (!east && !(at < text.size() && text[at] == '-')) return std::nullopt;
    ++at;
    const auto oh = take_number(text, at, 2);
    if (!oh || !take(text, at, ':')) return std::nullopt;
    const auto om = take_number(text, at, 2);
    if (!om || *oh > 23 || *om > 59) return std::nullopt;
    offset = (east ? 1 : -1) * (hours(*oh) + minutes(*om));
  }
  if (at != text.size()) return std::nullopt;

  const year_month_day date{year(*y), month(static_cast<unsigned>(*mo)),
                            day(static_cast<unsigned>(*d))};
  if (!date.ok()) return std::nullopt;
  return sys_days(date) + hours(*h) + minutes(*mi) + seconds(*s) + milliseconds(ms) - offset;
}

}  // namespace mkt
