// mkt cache: shows, shrinks and checks the cache of tarballs.
#include <fmt/format.h>

#include "cli/client/tarball_cache.h"
#include "cli/commands/command.h"
#include "cli/commands/trust_options.h"
#include "cli/terminal/relative_time.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

std::uint64_t bytes_of(const std::vector<TarballCache::Entry>& entries) {
  std::uint64_t bytes = 0;
  for (const TarballCache::Entry& entry : entries) bytes += entry.bytes;
  return bytes;
}

std::string tarballs(std::size_t n) { return fmt::format("{} tarball{}", n, n == 1 ? "" : "s"); }

// "12 tarballs (3.4 MB of at most 1.1 GB)"
std::string fill_of(const TarballCache& cache, const std::vector<TarballCache::Entry>& entries) {
  return fmt::format("{} ({} of at most {})", tarballs(entries.size()),
                     format_bytes(bytes_of(entries)), format_bytes(cache.limit()));
}

// Where it is and how full.
std::string standing_of(const TarballCache& cache,
                        const std::vector<TarballCache::Entry>& entries) {
  if (cache.folder().empty()) {
    return "there is no cache, as its place is not known: neither HOME nor XDG_CACHE_HOME is set "
           "to "
           "an absolute path";
  }
  return fmt::format("{}: {}", printable(cache.folder().string()),
                     cache.limit() == 0 ? "turned off (cache_size is 0)" : fill_of(cache, entries));
}

Json describe_entry(const TarballCache::Entry& entry) {
  return {{"checksum", entry.checksum.text()},
          {"size", entry.bytes},
          {"usedAt", format_utc(entry.used_at)}};
}

Status show_cache(const Session& session) {
  MKT_TRY(const Settings settings, session.settings());
  const TarballCache cache = own_cache(session, settings);
  MKT_TRY(const auto entries, cache.list());
  const UtcTime now = utc_now();
  Json all = Json::array();
  Table table({{"ID"},
               {"VERSION"},
               {"SIZE", Column::Fit::right, 2},
               {"USED", Column::Fit::whole, 1},
               {"CHECKSUM", Column::Fit::cut_middle, 3}});
  for (const TarballCache::Entry& entry : entries) {
    Json one = describe_entry(entry);
    one["from"] = Json::array();
    std::string id = "?", version = "?";
    for (const TarballSource& source : cache.sources(entry.checksum)) {
      id = source.id.text();
      version = source.version.text();
      one["from"].push_back({{"registry", source.registry},
                             {"id", id},
                             {"version", version},
                             {"keyId", source.signature.key_id.text()}});
    }
    all.push_back(std::move(one));
    table.add({id, version,
               Cell(format_bytes(entry.bytes), Tone::plain, std::to_string(entry.bytes)),
               time_cell(format_utc(entry.used_at), now), entry.checksum.text()});
  }
  session.out.result({{"folder", cache.folder().string()},
                      {"limit", cache.limit()},
                      {"bytes", bytes_of(entries)},
                      {"tarballs", all}},
                     table);
  session.out.note(standing_of(cache, entries));
  return {};
}

Status prune_cache(const Session& session, bool all) {
  MKT_TRY(const Settings settings, session.settings());
  TarballCache cache = own_cache(session, settings);
  MKT_TRY(const auto removed, cache.prune(all ? 0 : cache.limit()));
  MKT_TRY(const auto left, cache.list());
  session.out.result(
      {{"removed", removed.size()},
       {"removedBytes", bytes_of(removed)},
       {"tarballs", left.size()},
       {"bytes", bytes_of(left)}},
      fmt::format("removed {} ({}); {} left ({})\n", tarballs(removed.size()),
                  format_bytes(bytes_of(removed)), left.size(), format_bytes(bytes_of(left))));
  return {};
}

// Damage is a result, with a status of its own.
Result<ExitStatus> verify_cache(const Session& session) {
  MKT_TRY(const Settings settings, session.settings());
  TarballCache cache = own_cache(session, settings);
  MKT_TRY(const auto checked, cache.verify());
  Json damaged = Json::array();
  std::string text;
  for (const TarballCache::Damaged& d : checked.damaged) {
    Json one = describe_entry(d.entry);
    one["reason"] = d.reason;
    one["removed"] = d.removed;
    damaged.push_back(std::move(one));
    text += fmt::format("{} is damaged: {}; it {}\n", d.entry.checksum.text(), d.reason,
                        d.removed ? "was removed" : "could not be removed");
  }
  text += fmt::format("{} undamaged ({}), {} damaged\n", tarballs(checked.good.size()),
                      format_bytes(bytes_of(checked.good)), checked.damaged.size());
  session.out.result({{"checked", checked.good.size() + checked.damaged.size()},
                      {"bytes", bytes_of(checked.good)},
                      {"damaged", damaged}},
                     text);
  return checked.damaged.empty() ? ExitStatus::done : ExitStatus::damaged;
}

}  // namespace

void add_cache_command(CLI::App& cache, Session& session) {
  cache.require_subcommand(1);
  CLI::App* command = add_subcommand(cache, "show", "Show what is in the cache",
                                     "  mkt cache show\n  mkt --json cache show");
  on_run(command, session, [&session] { return show_cache(session); });

  command = add_subcommand(cache, "prune", "Shrink the cache to its size, or empty it",
                           "  mkt cache prune\n  mkt cache prune --all");
  auto all = std::make_shared<bool>(false);
  command->add_flag("--all", *all, "Remove all tarballs");
  on_run(command, session, [&session, all] { return prune_cache(session, *all); });

  command = add_subcommand(cache, "verify", "Hash all tarballs and remove the damaged ones",
                           "  mkt cache verify");
  on_run(command, session, [&session]() -> Status {
    MKT_TRY(session.exit_status, verify_cache(session));
    return {};
  });
}

}  // namespace mkt
