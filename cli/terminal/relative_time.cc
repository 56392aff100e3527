#include "cli/terminal/relative_time.h"

#include <fmt/format.h>

#include <array>
#include <chrono>

#include "common/base/utf8.h"

namespace mkt {
namespace {

using std::chrono::seconds;

struct Unit {
  seconds length;
  std::string_view name;
};
constexpr auto kUnits = std::to_array<Unit>({{seconds(365 * 24 * 3600), "year"},
                                             {seconds(30 * 24 * 3600), "month"},
                                             {seconds(7 * 24 * 3600), "week"},
                                             {seconds(24 * 3600), "day"},
                                             {seconds(3600), "hour"},
                                             {seconds(60), "minute"}});

}  // namespace

std::string relative_time(UtcTime time, UtcTime now) {
  const bool is_past = time <= now;
  const auto distance = std::chrono::duration_cast<seconds>(is_past ? now - time : time - now);
  for (const Unit& unit : kUnits) {
    const auto count = distance / unit.length;
    if (count == 0) continue;
    const std::string text = fmt::format("{} {}{}", count, unit.name, count == 1 ? "" : "s");
    return is_past ? text + " ago" : "in " + text;
  }
  return is_past ? "just now" : "in a moment";
}

Cell time_cell(std::string_view rfc3339, UtcTime now, std::string_view otherwise) {
  if (rfc3339.empty()) return Cell(std::string(otherwise));
  const auto time = parse_utc(rfc3339);
  if (!time) return Cell(printable(rfc3339));
  return {relative_time(*time, now), Tone::plain, std::string(rfc3339)};
}

}  // namespace mkt
