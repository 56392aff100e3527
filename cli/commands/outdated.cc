// mkt outdated: shows what is installed here and has a newer version.
#include <fmt/format.h>

#include <iterator>

#include "cli/client/newer_versions.h"
#include "cli/client/registry_versions.h"
#include "cli/commands/command.h"
#include "cli/commands/installed_here.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

Status list_outdated(const Session& session, const RootOption& root) {
  MKT_TRY(const InstalledHere here, installed_here(root));
  MKT_TRY(const Settings settings, session.settings());
  RegistryClient registry(settings);
  RegistryVersions source(registry);
  MKT_TRY(Updates updates, find_updates(source, settings.registry, here.in_root, {}));
  // Each separately: what is installed elsewhere does not depend on anything here.
  for (const Installed& i : here.elsewhere) {
    MKT_TRY(Updates own, find_updates(source, settings.registry, {i}, {}));
    std::move(own.newer.begin(), own.newer.end(), std::back_inserter(updates.newer));
    std::move(own.remarks.begin(), own.remarks.end(), std::back_inserter(updates.remarks));
  }
  for (const std::string& remark : updates.remarks) session.out.warn(remark);
  Json outdated = Json::array();
  Table table({{"ID"}, {"INSTALLED"}, {"LATEST"}, {"FOLDER", Column::Fit::cut_middle, 1}});
  for (const NewerVersion& v : updates.newer) {
    const Receipt& receipt = v.installed.receipt;
    outdated.push_back({{"id", receipt.id},
                        {"installed", receipt.version},
                        {"latest", v.version.text()},
                        {"folder", v.installed.folder.string()}});
    table.add({receipt.id, receipt.version, Cell(v.version.text(), Tone::good),
               printable(v.installed.folder.string())});
  }
  session.out.result({{"outdated", outdated}}, table);
  if (table.empty()) session.out.note("everything is up to date");
  return {};
}

}  // namespace

void add_outdated_command(CLI::App& command, Session& session) {
  auto root = std::make_shared<RootOption>();
  add_root_option(&command, *root);
  on_run(&command, session, [&session, root] { return list_outdated(session, *root); });
}

}  // namespace mkt
