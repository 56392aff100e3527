// mkt log: shows who changed what at the registry.
#include <fmt/format.h>

#include "cli/client/moments.h"
#include "cli/client/registry_client.h"
#include "cli/commands/command.h"
#include "cli/terminal/relative_time.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

Status show_log(const Session& session, const std::string& since_text) {
  std::optional<std::string> since;
  if (!since_text.empty()) {
    MKT_TRY(const UtcTime moment, parse_moment(since_text, utc_now()));
    since = format_utc(moment);
  }
  MKT_TRY(RegistryClient registry, session.registry());
  Json all = Json::array();
  const UtcTime now = utc_now();
  Table table({{"SEQ", Column::Fit::right},
               {"WHEN"},
               {"WHO", Column::Fit::cut_end},
               {"FROM", Column::Fit::whole, 2},
               {"WHAT"},
               {"OF", Column::Fit::cut_middle},
               {"DETAIL", Column::Fit::cut_end, 1}});
  std::int64_t after = 0;
  for (bool more = true; more;) {
    MKT_TRY(const auto page, registry.log(after, since));
    for (const wire::LogInfo& e : page.entries) {
      all.push_back(e.to_json());
      table.add({std::to_string(e.sequence), time_cell(e.at, now), printable(e.actor),
                 printable(e.address), printable(e.action), printable(e.subject),
                 printable(e.detail)});
    }
    // A page without anything new would be requested for ever.
    more = page.has_more && !page.entries.empty() && page.entries.back().sequence > after;
    if (!page.entries.empty()) after = page.entries.back().sequence;
  }
  session.out.paged_result({{"entries", all}},
                           table.empty() ? "" : table.text(session.out.screen()));
  return {};
}

}  // namespace

void add_log_command(CLI::App& command, Session& session) {
  auto since = std::make_shared<std::string>();
  command.add_option("--since", *since, "Only what happened since, e.g. 24h or 2026-01-31");
  on_run(&command, session, [&session, since] { return show_log(session, *since); });
}

}  // namespace mkt
