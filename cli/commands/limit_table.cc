#include "cli/commands/limit_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/terminal/output.h"
#include "common/base/duration.h"
#include "common/base/utf8.h"

namespace mkt {

Table limit_table(const std::vector<wire::LimitInfo>& limits) {
  Table table({{"SCOPE"},
               {"OF", Column::Fit::cut_middle},
               {"LIMIT"},
               {"LEFT", Column::Fit::right},
               {"ONE MORE IN"}});
  for (const wire::LimitInfo& l : limits) {
    if (!l.limit) {
      table.add({printable(l.scope), printable(l.subject), "off", "", ""});
      continue;
    }
    const std::string limit = fmt::format(
        "{}/{}", *l.limit, format_duration(std::chrono::seconds(l.window_seconds.value_or(0))));
    const std::int64_t remaining = l.remaining.value_or(0), reset = l.reset_seconds.value_or(0);
    const bool waits = remaining < *l.limit && reset > 0;
    table.add({printable(l.scope), printable(l.subject), limit,
               Cell(std::to_string(remaining), remaining == 0 ? Tone::bad : Tone::plain),
               waits ? format_duration(std::chrono::seconds(reset)) : ""});
  }
  return table;
}

}  // namespace mkt
