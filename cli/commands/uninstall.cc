// mkt uninstall: removes an installed connector.
#include <fmt/format.h>
#include <unistd.h>

#include "cli/client/lock_file.h"
#include "cli/client/receipt.h"
#include "cli/client/tenant_client.h"
#include "cli/commands/command.h"
#include "common/base/files.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string id;
  std::string folder;
  std::string root = "connectors";
};

// What the tenant has is given back first: were the folder gone and the registry out of reach,
// nobody would know what to ask it.
Result<bool> uninstall_of_tenant(const Session& session, const ConnectorId& id) {
  MKT_TRY(const Settings settings, session.settings());
  if (!settings.tenant) return false;
  RegistryClient registry(settings);
  const auto was = TenantClient(registry, *settings.tenant).uninstall(id);
  if (!was && was.error().code != ErrorCode::installation_not_found) return was.error();
  return bool(was);
}

Status remove_folder(const fs::path& target) {
  // Out of sight in one step, then away: a kill in between leaves no half connector.
  const fs::path parent = folder_of(target);
  MKT_TRY(const TemporaryFolder aside, TemporaryFolder::create(parent, ".mkt-install-"));
  if (::rename(target.c_str(), (aside.path() / "old").c_str()) != 0) {
    return system_error(fmt::format("cannot remove {}", printable(target.string())), errno);
  }
  return {};
}

Status run(const Session& session, const Arguments& a) {
  MKT_TRY(const ConnectorId id, ConnectorId::parse(a.id));
  fs::path target = a.folder.empty() ? fs::path(a.root) / id.text() : fs::path(a.folder);
  if (!target.has_filename()) target = target.parent_path();
  auto receipt = Receipt::read(target);
  if (!receipt && receipt.error().code != ErrorCode::not_found) return receipt.error();
  const bool is_here = receipt && receipt->id == id.text();
  MKT_TRY(const bool was_tenants, uninstall_of_tenant(session, id));
  if (!is_here && !was_tenants) {
    return Error(ErrorCode::not_found,
                 fmt::format("{} is not installed in {}", id.text(), printable(target.string())));
  }
  if (!is_here) {
    session.out.result({{"id", id.text()}},
                       fmt::format("uninstalled {} for the tenant", id.text()));
    return {};
  }
  MKT_CHECK(remove_folder(target));
  if (a.folder.empty()) {
    MKT_TRY(LockFile lock, LockFile::read_beside(a.root));
    lock.remove(id.text());
    MKT_CHECK(lock.write());
  }
  session.out.result(
      {{"id", receipt->id}, {"version", receipt->version}, {"folder", target.string()}},
      fmt::format("uninstalled {}@{} from {}", receipt->id, receipt->version,
                  printable(target.string())));
  return {};
}

}  // namespace

void add_uninstall_command(CLI::App& app, Session& session) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command = add_subcommand(app, "uninstall", "Remove an installed connector",
                                     "  mkt uninstall hello-connector");
  command->add_option("ID", a->id, "The connector")->required();
  command->add_option("--dir", a->folder, "Its folder (default: ./connectors/ID)");
  command->add_option("--root", a->root, "Folder that holds the connectors' folders")
      ->capture_default_str();
  on_run(command, session, [&session, a] { return run(session, *a); });
}

}  // namespace mkt
