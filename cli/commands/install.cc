// mkt install: fetches, checks, unpacks beside the target, and renames into place.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "cli/client/receipt.h"
#include "cli/client/verified_download.h"
#include "cli/commands/command.h"
#include "common/base/files.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::vector<std::string> specs;
  std::string folder;  // --dir
  std::string root = "connectors";
};

// Beside the target, so that the last step is a rename; hidden, so that `mkt list` passes over it.
constexpr std::string_view kStagingPrefix = ".mkt-install-";

// What may be replaced: nothing, an empty folder, or an installed version of the same connector.
Result<std::optional<Receipt>> installed_before(const fs::path& target, const ConnectorId& id) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(target, error);
  if (!fs::exists(status)) return std::optional<Receipt>();
  if (!fs::is_directory(status)) {
    return Error(ErrorCode::target_exists,
                 fmt::format("{} is in the way and not a folder", printable(target.string())));
  }
  if (fs::is_empty(target, error)) return std::optional<Receipt>();
  auto receipt = Receipt::read(target);
  if (!receipt && receipt.error().code != ErrorCode::not_found) return receipt.error();
  if (!receipt || receipt->id != id.text()) {
    return Error(ErrorCode::target_exists,
                 fmt::format("{} holds {}; move it away, or install into another folder with --dir",
                             printable(target.string()),
                             receipt ? "the connector " + receipt->id
                                     : std::string("files that mkt did not install")));
  }
  return std::optional<Receipt>(std::move(*receipt));
}

// The new tree takes the target's name in one step; an older one is exchanged for it and removed.
Status move_into_place(TemporaryFolder& staging, const fs::path& tree, const fs::path& target,
                       bool replaces) {
  const unsigned flags = replaces ? RENAME_EXCHANGE : 0;
  if (::renameat2(AT_FDCWD, tree.c_str(), AT_FDCWD, target.c_str(), flags) == 0) {
    return sync_folder(folder_of(target));
  }
  if (!replaces || (errno != EINVAL && errno != ENOSYS)) {
    return system_error(fmt::format("cannot put the connector at {}", printable(target.string())),
                        errno);
  }
  // A file system that cannot exchange: the old tree steps aside first.
  const fs::path old = staging.path() / "old";
  if (::rename(target.c_str(), old.c_str()) != 0 || ::rename(tree.c_str(), target.c_str()) != 0) {
    const int reason = errno;
    ::rename(old.c_str(), target.c_str());
    return system_error(fmt::format("cannot put the connector at {}", printable(target.string())),
                        reason);
  }
  return sync_folder(folder_of(target));
}

// Nothing to do when this very tarball is installed and untouched.
bool is_current(const fs::path& target, const std::optional<Receipt>& before,
                const wire::VersionInfo& info) {
  return before && before->checksum == info.tarball_checksum && check_tree(target, *before);
}

Json describe(const fs::path& target, const Receipt& receipt, bool unchanged) {
  return {{"id", receipt.id},
          {"version", receipt.version},
          {"folder", target.string()},
          {"checksum", receipt.checksum},
          {"keyId", text_member(receipt.signature, "keyId").value_or("")},
          {"files", receipt.files.size()},
          {"unchanged", unchanged}};
}

Result<Json> install_one(const Session& session, const Settings& settings,
                         RegistryClient& registry, const ConnectorSpec& spec,
                         const fs::path& target) {
  MKT_TRY(const std::optional<Receipt> before, installed_before(target, spec.id));
  if (before) {
    MKT_TRY(const wire::VersionInfo info, registry.version(spec.id, spec.which()));
    if (!info.quarantined && is_current(target, before, info)) {
      session.out.note(fmt::format("{}@{} is installed in {} already", before->id, before->version,
                                   printable(target.string())));
      return describe(target, *before, true);
    }
  }
  const fs::path parent = folder_of(target);
  MKT_CHECK(make_folders(parent, 0755));
  TemporaryFolder::remove_abandoned(parent, kStagingPrefix);
  MKT_TRY(TemporaryFolder staging, TemporaryFolder::create(parent, kStagingPrefix));
  MKT_TRY(const UniqueFd tarball, create_file(staging.path() / "tarball", 0600));
  MKT_TRY(VerifiedVersion fetched,
          download_verified(registry, spec.id, spec.which(), tarball.get(),
                            session.out.progress("downloading " + spec.id.text())));

  const fs::path tree = staging.path() / "tree";
  MKT_CHECK(make_folders(tree, 0755));
  MKT_TRY(Unpacked unpacked, unpack_tarball(file_source(tarball.get(), "the tarball"), settings.archive, tree));
  const Manifest& manifest = unpacked.contents.manifest;
  if (manifest.id() != spec.id || manifest.version().text() != fetched.info.version) {
    return Error(ErrorCode::manifest_mismatch,
                 fmt::format("the registry sent {}@{} for {}@{}; nothing was installed",
                             manifest.id().text(), manifest.version().text(), spec.id.text(),
                             printable(fetched.info.version)));
  }
  Receipt receipt;
  receipt.id = manifest.id().text();
  receipt.version = manifest.version().text();
  receipt.registry = settings.registry;
  receipt.checksum = fetched.info.tarball_checksum;
  receipt.size = fetched.info.tarball_size;
  receipt.signature = fetched.signature.json();
  receipt.fingerprint = fetched.key.fingerprint;
  if (settings.tenant) receipt.tenant = settings.tenant->text();
  receipt.installed_at = format_utc(utc_now());
  receipt.files = std::move(unpacked.files);
  MKT_CHECK(write_receipt(tree, receipt));
  MKT_CHECK(move_into_place(staging, tree, target, before.has_value()));
  session.out.note(fmt::format("installed {}@{} into {} ({} files, signed by {})", receipt.id,
                               receipt.version, printable(target.string()), receipt.files.size(),
                               fetched.key.key_id));
  if (fetched.info.deprecated) {
    session.out.warn(fmt::format("{}@{} is deprecated: {}", receipt.id, receipt.version,
                                 printable(fetched.info.deprecation_reason)));
  }
  return describe(target, receipt, false);
}

Status run(const Session& session, const Arguments& a) {
  if (!a.folder.empty() && a.specs.size() > 1) {
    return Error(ErrorCode::usage_error,
                 "--dir names the folder of one connector; for several use --root");
  }
  std::vector<ConnectorSpec> specs;
  for (const std::string& text : a.specs) {
    MKT_TRY(ConnectorSpec spec, ConnectorSpec::parse(text));
    specs.push_back(std::move(spec));
  }
  MKT_TRY(const Settings settings, session.settings());
  RegistryClient registry(settings);
  Json installed = Json::array();
  for (const ConnectorSpec& spec : specs) {
    fs::path target =
        a.folder.empty() ? fs::path(a.root) / spec.id.text() : fs::path(a.folder);
    if (!target.has_filename()) target = target.parent_path();  // "dir/"
    auto one = install_one(session, settings, registry, spec, target);
    if (!one) return one.error().context("while installing " + spec.id.text());
    installed.push_back(std::move(*one));
  }
  session.out.result({{"installed", installed}}, "");
  return {};
}

}  // namespace

void add_install_command(CLI::App& app, Session& session) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command =
      add_subcommand(app, "install", "Install connectors, checked",
                     "  mkt install hello-connector\n  mkt install hello-connector@1.0.0 --dir "
                     "/opt/hello\n  mkt install slack jira --root /opt/connectors");
  command->add_option("ID[@VERSION]", a->specs, "The connectors")->required();
  command->add_option("--dir", a->folder,
                      "Folder of the one connector (default: ./connectors/ID)");
  command->add_option("--root", a->root, "Folder that holds a folder for each connector")
      ->capture_default_str();
  on_run(command, session, [&session, a] { return run(session, *a); });
}

}  // namespace mkt
