// mkt search: finds connectors.
#include <fmt/format.h>

#include "cli/client/registry_client.h"
#include "cli/commands/command.h"
#include "cli/terminal/relative_time.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

Cell version_cell(const wire::SearchHit& hit) {
  std::string version = printable(hit.latest_version);
  if (!hit.quarantined) return version;
  return {version + " (quarantined)", Tone::bad, version};
}

Status run(const Session& session, const SearchOptions& options) {
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(const wire::SearchResult result, registry.search(options));
  const UtcTime now = utc_now();
  Table table({{"ID"},
               {"VERSION"},
               {"DOWNLOADS", Column::Fit::right, 1},
               {"UPDATED", Column::Fit::whole, 2},
               {"DESCRIPTION", Column::Fit::cut_end}});
  for (const wire::SearchHit& hit : result.connectors) {
    table.add({Cell(printable(hit.id), Tone::bold), version_cell(hit),
               std::to_string(hit.downloads), time_cell(hit.updated_at, now),
               printable(hit.description)});
  }
  session.out.paged_result(result.to_json(), table.empty() ? "" : table.text(session.out.screen()));
  if (result.connectors.empty()) {
    session.out.note("nothing found");
  } else if (result.has_more) {
    session.out.note(fmt::format("{} of {}; more with --page {}", result.connectors.size(),
                                 result.total, result.page + 1));
  }
  return {};
}

}  // namespace

void add_search_command(CLI::App& command, Session& session) {
  auto options = std::make_shared<SearchOptions>();
  auto words = std::make_shared<std::vector<std::string>>();
  command.add_option("QUERY", *words, "Words that must occur; without words, all are shown");
  command.add_option("--capability", options->capabilities,
                     "Only these capabilities, comma-separated");
  command.add_option("--sort", options->sort_by, "relevance, downloads, updated or name");
  command.add_option("--page", options->page, "Page, from 1")->capture_default_str();
  command.add_option("--page-size", options->page_size, "Hits per page, up to 100")
      ->capture_default_str();
  on_run(&command, session, [&session, options, words] {
    options->text = fmt::format("{}", fmt::join(*words, " "));
    return run(session, *options);
  });
}

}  // namespace mkt
