// mkt list: shows what is installed here.
#include <fmt/format.h>

#include "cli/commands/command.h"
#include "cli/commands/installed_here.h"
#include "cli/commands/policy_standing.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

Status show_installed(const Session& session, const RootOption& root) {
  MKT_TRY(const Settings settings, session.settings());
  MKT_TRY(const InstalledHere here, installed_here(root));
  const auto installed = here.all();
  PolicyStanding policy(session, settings, /*offline=*/false);
  Json all = Json::array();
  Table table({{"ID"},
               {"VERSION"},
               {"KEY", Column::Fit::cut_middle, 2},
               {"FOLDER", Column::Fit::cut_middle, 1}});
  for (const Installed& i : installed) {
    const std::string key = text_member(i.receipt.signature, "keyId").value_or("");
    const auto against = policy.refusal(i.receipt);
    if (against) session.out.warn(i.receipt.id + "@" + i.receipt.version + " is " + *against);
    Json one = describe_installed(i.receipt, i.folder);
    one["registry"] = i.receipt.registry;
    one["installedAt"] = i.receipt.installed_at;
    one["againstPolicy"] = against ? Json(*against) : Json();
    all.push_back(std::move(one));
    table.add({i.receipt.id, i.receipt.version, printable(key), printable(i.folder.string())});
  }
  session.out.result({{"connectors", all}}, table);
  if (installed.empty()) {
    session.out.note(fmt::format("nothing is installed in {}", printable(here.root)));
  }
  return {};
}

}  // namespace

void add_list_command(CLI::App& command, Session& session) {
  auto root = std::make_shared<RootOption>();
  add_root_option(&command, *root);
  on_run(&command, session, [&session, root] { return show_installed(session, *root); });
}

}  // namespace mkt
