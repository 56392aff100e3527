// mkt search: finds connectors.
#include <fmt/format.h>

#include "cli/client/registry_client.h"
#include "cli/commands/command.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

// One line per hit, with as much of the description as fits.
std::string shortened(const std::string& text) {
  constexpr std::size_t kWidth = 60;
  std::string line = printable(text);
  if (count_code_points(line) <= kWidth) return line;
  std::size_t bytes = 0;
  for (std::size_t n = 0; n < kWidth - 1; ++n) {
    ++bytes;
    while (bytes < line.size() && (static_cast<unsigned char>(line[bytes]) & 0xc0) == 0x80) ++bytes;
  }
  return line.substr(0, bytes) + "…";
}

Status run(const Session& session, const SearchOptions& options) {
  MKT_TRY(const Settings settings, session.settings());
  RegistryClient registry(settings);
  MKT_TRY(const wire::SearchResult result, registry.search(options));
  std::vector<std::vector<std::string>> rows = {{"ID", "VERSION", "DOWNLOADS", "DESCRIPTION"}};
  for (const wire::SearchHit& hit : result.connectors) {
    rows.push_back({printable(hit.id), printable(hit.latest_version), std::to_string(hit.downloads),
                    shortened(hit.description)});
  }
  session.out.result(result.to_json(), rows.size() > 1 ? format_table(rows) : "");
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
  command.add_option("QUERY", options->text, "Words that must occur; without words, all are shown");
  command.add_option("--capability", options->capabilities,
                     "Only these capabilities, comma-separated");
  command.add_option("--sort", options->sort_by, "relevance, downloads, updated or name");
  command.add_option("--page", options->page, "Page, from 1")->capture_default_str();
  command.add_option("--page-size", options->page_size, "Hits per page, up to 100")
      ->capture_default_str();
  on_run(&command, session, [&session, options] { return run(session, *options); });
}

}  // namespace mkt
