// mkt outdated: shows what is installed here and has a newer version.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "cli/client/lock_file.h"
#include "cli/client/newer_versions.h"
#include "cli/client/registry_versions.h"
#include "cli/commands/command.h"
#include "cli/commands/installed_here.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

struct OutdatedArguments {
  RootOption root;
  bool exit_code = false;
};

// What an update would install, and what only a hold keeps back.
struct OutdatedRow {
  const Installed& installed;
  const Version& latest;
  std::string hold;
};

std::vector<OutdatedRow> rows_of(const Updates& updates,
                                 const std::map<std::string, VersionRange>& holds) {
  std::vector<OutdatedRow> rows;
  for (const NewerVersion& v : updates.newer) {
    const auto hold = holds.find(v.installed.receipt.id);
    rows.push_back({v.installed, v.version, hold == holds.end() ? "" : hold->second.text()});
  }
  for (const HeldBack& held : updates.held) {
    const auto is_same = [&](const NewerVersion& v) {
      return v.installed.folder == held.installed.folder;
    };
    if (std::any_of(updates.newer.begin(), updates.newer.end(), is_same)) continue;
    rows.push_back({held.installed, held.version, held.hold.text()});
  }
  return rows;
}

Status list_outdated(Session& session, const OutdatedArguments& a) {
  MKT_TRY(const InstalledHere here, installed_here(a.root));
  MKT_TRY(const Settings settings, session.settings());
  MKT_TRY(const LockFile lock, LockFile::read_beside(here.root));
  RegistryClient registry(settings);
  RegistryVersions source(registry);
  MKT_TRY(Updates updates, find_updates(source, settings.registry, here.in_root, {}, lock.holds()));
  // Each separately: what is installed elsewhere does not depend on anything here.
  for (const Installed& i : here.elsewhere) {
    MKT_TRY(Updates own, find_updates(source, settings.registry, {i}, {}));
    std::move(own.newer.begin(), own.newer.end(), std::back_inserter(updates.newer));
    std::move(own.remarks.begin(), own.remarks.end(), std::back_inserter(updates.remarks));
  }
  for (const std::string& remark : updates.remarks) session.out.warn(remark);
  Json outdated = Json::array();
  Table table({{"ID"},
               {"INSTALLED"},
               {"LATEST"},
               {"FOLDER", Column::Fit::cut_middle, 1},
               {"HOLD", Column::Fit::cut_end, 2}});
  for (const OutdatedRow& row : rows_of(updates, lock.holds())) {
    const Receipt& receipt = row.installed.receipt;
    Json one = describe_installed(receipt, row.installed.folder);
    one["installed"] = receipt.version;
    one["latest"] = row.latest.text();
    one["held"] = row.hold.empty() ? Json() : Json(row.hold);
    outdated.push_back(std::move(one));
    table.add({receipt.id, receipt.version,
               Cell(row.latest.text(), row.hold.empty() ? Tone::good : Tone::caution),
               printable(row.installed.folder.string()), row.hold});
  }
  session.out.result({{"outdated", outdated}}, table);
  if (table.empty()) session.out.note("everything is up to date");
  // 1, as cargo, npm and git have it for a difference.
  if (a.exit_code && !updates.newer.empty()) session.exit_status = ExitStatus::unexpected;
  return {};
}

}  // namespace

void add_outdated_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<OutdatedArguments>();
  add_root_option(&command, a->root);
  command.add_flag("--exit-code", a->exit_code,
                   "Exit with 1 where an update would install something");
  on_run(&command, session, [&session, a] { return list_outdated(session, *a); });
}

}  // namespace mkt
