// mkt update: installs the newest versions of what is installed here, with approval where needed.
#include <fmt/format.h>

#include <algorithm>

#include "cli/client/lock_file.h"
#include "cli/client/newer_versions.h"
#include "cli/client/registry_versions.h"
#include "cli/commands/install_flow.h"
#include "cli/commands/installed_here.h"
#include "cli/commands/trust_options.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

struct UpdateArguments {
  std::vector<std::string> ids;
  RootOption root;
  WaitOption wait;
  bool force = false;
  TrustOptions trust;
};

Status check_named(const std::vector<Installed>& installed, const UpdateArguments& a,
                   const std::string& root) {
  for (const std::string& id : a.ids) {
    const bool is_there = std::any_of(installed.begin(), installed.end(),
                                      [&](const Installed& i) { return i.receipt.id == id; });
    if (is_there) continue;
    return Error(ErrorCode::not_found,
                 fmt::format("{} is not installed in {}", printable(id), printable(root)));
  }
  return {};
}

void tell_updates(const Output& out, const std::vector<NewerVersion>& newer) {
  if (newer.empty() || out.json) return;
  Table table({{"ID"}, {"INSTALLED"}, {""}, {"NEW"}});
  for (const NewerVersion& v : newer) {
    table.add({v.installed.receipt.id, v.installed.receipt.version, "→",
               Cell(v.version.text(), Tone::good)});
  }
  const Screen& screen = out.screen();
  std::string text = table.for_people(screen.columns, screen.err_color);
  text.pop_back();  // note ends the line
  out.note(text);
}

Result<std::vector<Wish>> work_out(const Session& session, const Settings& settings,
                                   RegistryClient& registry, const UpdateArguments& a,
                                   const std::string& root) {
  MKT_TRY(const auto installed, list_installed(root));
  MKT_CHECK(check_named(installed, a, root));
  MKT_TRY(const LockFile lock, LockFile::read_beside(root));
  RegistryVersions source(registry);
  MKT_TRY(Updates updates, find_updates(source, settings.registry, installed, a.ids, lock.holds()));
  for (const std::string& remark : updates.remarks) session.out.warn(remark);
  for (const HeldBack& held : updates.held) {
    session.out.note(fmt::format("{0}: {1} is held at {2}; to let it go: mkt hold {0} --undo",
                                 held.installed.receipt.id, held.version.text(), held.hold.text()));
  }
  tell_updates(session.out, updates.newer);
  std::vector<Wish> wishes;
  for (ResolvedConnector& r : updates.changes) {
    wishes.push_back(wish_for(std::move(r)));
  }
  return wishes;
}

Result<ExitStatus> run(const Session& session, UpdateArguments a) {
  if (a.trust.offline) {
    return Error(ErrorCode::usage_error,
                 "update asks the registry what is new: not with --offline");
  }
  MKT_TRY(const auto wait, a.wait.read(a.ids));
  MKT_TRY(RegistryClient registry, session.registry());
  const Settings& settings = registry.settings();
  const std::string root = a.root.folder();
  MKT_TRY(std::vector<Wish> wishes, work_out(session, settings, registry, a, root));
  if (wishes.empty()) session.out.note("everything is up to date");
  MKT_TRY(const Trust trust, open_trust(session, settings, registry, a.trust));
  TarballCache cache = own_cache(session, settings);
  return carry_out(
      session,
      {settings, registry, trust,
       [&](std::string what) { return session.out.progress(std::move(what)); }, a.force, &cache},
      {std::move(wishes), {"", root}, true, false, wait});
}

}  // namespace

void add_update_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<UpdateArguments>();
  command.add_option("ID", a->ids, "Only these connectors");
  a->root.option =
      command.add_option("--root", a->root.root, "Folder that holds the connectors' folders")
          ->capture_default_str();
  add_wait_option(&command, a->wait);
  command.add_flag("--force", a->force, "Overwrite what was edited in a connector's folder");
  add_trust_options(&command, a->trust);
  on_run(&command, session, [&session, a]() -> Status {
    if (a->wait.option->count() > 0) session.flags.wait = true;  // for rate limits as well
    MKT_TRY(session.exit_status, run(session, *a));
    return {};
  });
}

}  // namespace mkt
