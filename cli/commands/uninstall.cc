// mkt uninstall: removes an installed connector.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cli/client/lock_file.h"
#include "cli/client/project_folder.h"
#include "cli/client/receipt.h"
#include "cli/client/tenant_client.h"
#include "cli/commands/targets.h"
#include "cli/terminal/prompt.h"
#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/connector/manifest.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

struct UninstallArguments {
  std::vector<std::string> ids;
  std::string folder;
  std::string root = "connectors";
  bool force = false;
  bool place_named = false;  // --root or --dir was given
};

// The tenant's installation is removed first: if the folder were gone and the registry unreachable,
// nobody would know what to ask it later.
Result<bool> uninstall_of_tenant(const Session& session, const ConnectorId& id) {
  MKT_TRY(const Settings settings, session.settings());
  if (!settings.tenant) return false;
  RegistryClient registry(settings);
  const auto was = TenantClient(registry, *settings.tenant).uninstall(id);
  if (!was && was.error().code != ErrorCode::installation_not_found) return was.error();
  return bool(was);
}

Status remove_folder(const fs::path& target) {
  // Hidden in one step, then deleted: an interruption leaves no half connector.
  const fs::path parent = folder_of(target);
  MKT_TRY(const TemporaryFolder aside, TemporaryFolder::create(parent, ".mkt-install-"));
  if (::rename(target.c_str(), (aside.path() / "old").c_str()) != 0) {
    return system_error(fmt::format("cannot remove {}", printable(target.string())), errno);
  }
  return {};
}

// What there was: a folder, an installation of the tenant, an entry in the lock file.
struct Found {
  std::optional<Receipt> receipt;
  bool tenants = false;
  bool locked = false;

  bool nothing() const { return !receipt && !tenants && !locked; }
};

Result<std::optional<Receipt>> receipt_of(const fs::path& target, const ConnectorId& id) {
  auto receipt = Receipt::read(target);
  if (!receipt && receipt.error().code != ErrorCode::not_found) return receipt.error();
  if (!receipt || receipt->id != id.text()) return std::optional<Receipt>();
  return std::optional(std::move(*receipt));
}

TargetResult describe(const ConnectorId& id, const fs::path& target, const Found& was) {
  if (was.receipt) {
    const Receipt& r = *was.receipt;
    return {describe_installed(r, target),
            fmt::format("uninstalled {}@{} from {}", r.id, r.version, printable(target.string()))};
  }
  return {{{"id", id.text()}},
          was.tenants ? fmt::format("uninstalled {} for the tenant", id.text())
                      : fmt::format("removed {} from {}; its folder was gone already", id.text(),
                                    kLockName)};
}

// What is installed beside it, depends on it, and is to stay: "app@1.0.0 (^1.0.0)".
Result<std::vector<std::string>> needed_by(const UninstallArguments& a, const ConnectorId& id) {
  MKT_TRY(const auto installed, list_installed(a.root));
  std::vector<std::string> all;
  for (const Installed& i : installed) {
    if (std::ranges::find(a.ids, i.receipt.id) != a.ids.end()) continue;
    MKT_TRY(const std::string text, read_file(i.folder / kManifestName, kMaxManifestBytes));
    MKT_TRY(const Manifest manifest, Manifest::parse_older(text));
    const auto it = manifest.dependencies().find(id.text());
    if (it == manifest.dependencies().end()) continue;
    const std::string range = it->second.text();
    all.push_back(
        fmt::format("{}@{} ({})", i.receipt.id, i.receipt.version, range.empty() ? "*" : range));
  }
  return all;
}

Status check_unneeded(const UninstallArguments& a, const ConnectorId& id) {
  MKT_TRY(const auto needing, needed_by(a, id));
  if (needing.empty() || a.force) return {};
  const std::string what = fmt::format("{} is needed by {}", id.text(), fmt::join(needing, ", "));
  const auto answer = ask_yes_or_no(what + "; uninstall it anyway? [y/N] ");
  if (answer && *answer) return {};
  return Error(ErrorCode::dependency_conflict,
               answer ? "nothing was uninstalled"
                      : what + "; uninstall that first, or uninstall this one anyway with --force");
}

Result<TargetResult> uninstall(const Session& session, const UninstallArguments& a,
                               const std::string& text) {
  MKT_TRY(const ConnectorId id, ConnectorId::parse(text));
  fs::path target = a.folder.empty() ? fs::path(a.root) / id.text() : fs::path(a.folder);
  if (!target.has_filename()) target = target.parent_path();
  // Read before anything is removed: what cannot be taken out of the lock file stays.
  std::optional<LockFile> lock;
  if (a.folder.empty()) {
    MKT_TRY(lock, LockFile::read_beside(a.root));
  }
  Found was;
  MKT_TRY(was.receipt, receipt_of(target, id));
  was.locked = lock && lock->find(id.text()) != nullptr;
  if (was.receipt && a.folder.empty()) MKT_CHECK(check_unneeded(a, id));
  // A named place without the connector is the wrong place; then the tenant's installation stays,
  // too.
  if (!a.place_named || !was.nothing()) {
    MKT_TRY(was.tenants, uninstall_of_tenant(session, id));
  }
  if (was.nothing()) {
    return Error(ErrorCode::not_found,
                 fmt::format("{} is not installed in {}", id.text(), printable(target.string())));
  }
  if (was.receipt) MKT_CHECK(remove_folder(target));
  if (was.locked) {
    lock->remove(id.text());
    MKT_CHECK(lock->write());
  }
  return describe(id, target, was);
}

}  // namespace

void add_uninstall_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<UninstallArguments>();
  command.add_option("ID", a->ids, "The connectors")->required();
  command.add_option("--dir", a->folder, "The folder of the only one (default: ./connectors/ID)");
  command.add_option("--root", a->root, "Folder that holds the connectors' folders")
      ->capture_default_str();
  command.add_flag("--force", a->force, "Uninstall it even if another connector needs it");
  on_run(&command, session, [&session, &command, a] {
    if (command.count("--root") == 0) a->root = connectors_root().string();
    a->place_named = command.count("--root") > 0 || command.count("--dir") > 0;
    if (a->ids.size() > 1 && !a->folder.empty()) {
      return Status(
          Error(ErrorCode::usage_error, "--dir is of one connector; uninstall that one alone"));
    }
    return for_each_target(session, a->ids,
                           [&](const std::string& id) { return uninstall(session, *a, id); });
  });
}

}  // namespace mkt
