#include "cli/commands/limit_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/terminal/output.h"
#include "common/base/duration.h"
#include "common/base/utf8.h"

namespace mkt {

std::string limit_table(const std::vector<wire::LimitInfo>& limits) {
  std::vector<std::vector<std::string>> rows = {{"SCOPE", "OF", "LIMIT", "LEFT", "ONE MORE IN"}};
  for (const wire::LimitInfo& l : limits) {
    if (!l.limit) {
      rows.push_back({printable(l.scope), printable(l.subject), "off", "", ""});
      continue;
    }
    const std::string limit = fmt::format(
        "{}/{}", *l.limit, format_duration(std::chrono::seconds(l.window_seconds.value_or(0))));
    const std::int64_t remaining = l.remaining.value_or(0), reset = l.reset_seconds.value_or(0);
    const bool waits = remaining < *l.limit && reset > 0;
    rows.push_back({printable(l.scope), printable(l.subject), limit, std::to_string(remaining),
                    waits ? format_duration(std::chrono::seconds(reset)) : ""});
  }
  return format_table(rows);
}

}  // namespace mkt
