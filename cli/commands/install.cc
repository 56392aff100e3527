// mkt install: fetches or takes a file, checks, unpacks beside the target, and renames into place.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "cli/client/receipt.h"
#include "cli/client/verified_download.h"
#include "cli/commands/command.h"
#include "cli/commands/trust_options.h"
#include "common/base/files.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::vector<std::string> specs;
  std::string folder;  // --dir
  std::string root = "connectors";
  TrustOptions trust;
};

// What stands on the command line: a connector of the registry, or a tarball on this machine.
struct Source {
  std::optional<ConnectorSpec> spec;
  fs::path file;

  static Result<Source> parse(const std::string& text) {
    // No connector id has a dot or a slash.
    if (text.find('/') != std::string::npos || text.ends_with(".tgz")) {
      return Source{std::nullopt, text};
    }
    MKT_TRY(ConnectorSpec spec, ConnectorSpec::parse(text));
    return Source{std::move(spec), {}};
  }
};

// A tarball that was checked, with what the receipt keeps of it.
struct Obtained {
  UniqueFd tarball;
  std::string checksum;
  std::uint64_t size = 0;
  SignatureFile signature;
  Trusted trusted;
  std::int64_t accepted_sequence = 0;
  std::optional<std::string> version{};  // as the registry announced it
  std::string deprecation{};
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

// What all installs of one command share.
struct Context {
  const Session& session;
  const Settings& settings;
  RegistryClient& registry;
  const Trust& trust;
};

Result<Obtained> obtain_from_registry(const Context& c, const ConnectorSpec& spec,
                                      const fs::path& staging) {
  MKT_TRY(UniqueFd tarball, create_file(staging / "tarball", 0600));
  MKT_TRY(VerifiedVersion v,
          download_verified(c.registry, c.trust, spec.id, spec.which(), tarball.get(),
                            c.session.out.progress("downloading " + spec.id.text())));
  return Obtained{
      std::move(tarball),   v.info.tarball_checksum,
      v.info.tarball_size,  std::move(v.signature),
      std::move(v.trusted), v.info.sequence,
      v.info.version,       v.info.deprecated ? v.info.deprecation_reason : std::string()};
}

struct Copied {
  Checksum checksum;
  std::uint64_t size;
};

Result<Copied> copy_and_hash(int from, int to, const std::string& name) {
  std::vector<std::uint8_t> buffer(256 * 1024);
  Hasher hasher;
  std::uint64_t size = 0;
  while (true) {
    MKT_TRY(const std::size_t n, read_at(from, buffer, size, name));
    if (n == 0) return Copied{hasher.finish(), size};
    size += n;
    if (size > kMaxTarballBytes) {
      return Error(ErrorCode::tarball_too_large,
                   fmt::format("{} is larger than {}", name, format_bytes(kMaxTarballBytes)));
    }
    const std::span<const std::uint8_t> bytes(buffer.data(), n);
    hasher.update(bytes);
    MKT_CHECK(write_all(to, bytes, "the tarball"));
  }
}

// Copied first: what is checked and what is unpacked must be the same bytes.
Result<Obtained> obtain_from_file(const Context& c, const fs::path& file, const fs::path& staging) {
  MKT_TRY(const UniqueFd original, open_for_reading(file));
  MKT_TRY(SignatureFile signature, SignatureFile::read(file.string() + ".sig.json"));
  MKT_TRY(UniqueFd tarball, create_file(staging / "tarball", 0600));
  MKT_TRY(const Copied copied,
          copy_and_hash(original.get(), tarball.get(), printable(file.string())));
  auto trusted = c.trust.check(signature, copied.checksum, std::nullopt);
  if (!trusted) return trusted.error().context(printable(file.string()));
  return Obtained{std::move(tarball), copied.checksum.text(), copied.size, std::move(signature),
                  std::move(*trusted)};
}

Receipt receipt_of(const Context& c, const Obtained& obtained, Unpacked unpacked) {
  const KeyBook& keys = c.trust.book();
  Receipt receipt;
  receipt.id = unpacked.contents.manifest.id().text();
  receipt.version = unpacked.contents.manifest.version().text();
  receipt.registry = c.settings.registry;
  receipt.checksum = obtained.checksum;
  receipt.size = obtained.size;
  receipt.signature = obtained.signature.json();
  receipt.fingerprint = obtained.trusted.key.fingerprint;
  receipt.accepted_sequence = obtained.accepted_sequence;
  receipt.keys_sequence = keys.sequence();
  receipt.keys_checked_at = format_utc(keys.checked_at());
  receipt.accepted_stale = !keys.check_age(utc_now());
  if (c.settings.tenant) receipt.tenant = c.settings.tenant->text();
  receipt.installed_at = format_utc(utc_now());
  receipt.files = std::move(unpacked.files);
  return receipt;
}

// The connector that is installed there already, when it is the one that is wanted.
Result<std::optional<Json>> nothing_to_do(const Context& c, const ConnectorSpec& spec,
                                          const fs::path& target) {
  MKT_TRY(const std::optional<Receipt> before, installed_before(target, spec.id));
  if (!before) return std::optional<Json>();
  MKT_TRY(const wire::VersionInfo info, c.registry.version(spec.id, spec.which()));
  if (info.quarantined || !is_current(target, before, info)) return std::optional<Json>();
  c.session.out.note(fmt::format("{}@{} is installed in {} already", before->id, before->version,
                                 printable(target.string())));
  return std::optional(describe(target, *before, true));
}

Result<Json> install_one(const Context& c, const Source& source, const Arguments& a) {
  // Of a file the name is known once it is unpacked.
  fs::path target = !a.folder.empty() ? fs::path(a.folder)
                    : source.spec     ? fs::path(a.root) / source.spec->id.text()
                                      : fs::path(a.root) / "connector";
  if (!target.has_filename()) target = target.parent_path();  // "dir/"
  if (source.spec) {
    MKT_TRY(auto done, nothing_to_do(c, *source.spec, target));
    if (done) return std::move(*done);
  }
  const fs::path parent = folder_of(target);
  MKT_CHECK(make_folders(parent, 0755));
  TemporaryFolder::remove_abandoned(parent, kStagingPrefix);
  MKT_TRY(TemporaryFolder staging, TemporaryFolder::create(parent, kStagingPrefix));
  MKT_TRY(const Obtained obtained, source.spec
                                       ? obtain_from_registry(c, *source.spec, staging.path())
                                       : obtain_from_file(c, source.file, staging.path()));

  const fs::path tree = staging.path() / "tree";
  MKT_CHECK(make_folders(tree, 0755));
  MKT_TRY(Unpacked unpacked, unpack_tarball(file_source(obtained.tarball.get(), "the tarball"),
                                            c.settings.archive, tree));
  const Manifest& manifest = unpacked.contents.manifest;
  if (source.spec && (manifest.id() != source.spec->id ||
                      manifest.version().text() != obtained.version.value_or(""))) {
    return Error(ErrorCode::manifest_mismatch,
                 fmt::format("the registry sent {}@{} for {}@{}; nothing was installed",
                             manifest.id().text(), manifest.version().text(),
                             source.spec->id.text(), printable(obtained.version.value_or(""))));
  }
  if (!source.spec && a.folder.empty()) target = parent / manifest.id().text();
  MKT_TRY(const auto before, installed_before(target, manifest.id()));
  const Receipt receipt = receipt_of(c, obtained, std::move(unpacked));
  MKT_CHECK(write_receipt(tree, receipt));
  MKT_CHECK(move_into_place(staging, tree, target, before.has_value()));

  const Output& out = c.session.out;
  out.note(fmt::format("installed {}@{} into {} ({} files, signed by {})", receipt.id,
                       receipt.version, printable(target.string()), receipt.files.size(),
                       obtained.trusted.key.key_id));
  if (!obtained.trusted.remark.empty()) out.warn(obtained.trusted.remark);
  if (!obtained.deprecation.empty()) {
    out.warn(fmt::format("{}@{} is deprecated: {}", receipt.id, receipt.version,
                         printable(obtained.deprecation)));
  }
  return describe(target, receipt, false);
}

Status run(const Session& session, const Arguments& a) {
  if (!a.folder.empty() && a.specs.size() > 1) {
    return Error(ErrorCode::usage_error,
                 "--dir names the folder of one connector; for several use --root");
  }
  std::vector<Source> sources;
  for (const std::string& text : a.specs) {
    MKT_TRY(Source source, Source::parse(text));
    if (source.spec && a.trust.offline) {
      return Error(ErrorCode::usage_error,
                   fmt::format("--offline installs from files; fetch one while the registry can be "
                               "reached (mkt download {}), then name the file",
                               printable(text)));
    }
    sources.push_back(std::move(source));
  }
  MKT_TRY(const Settings settings, session.settings());
  RegistryClient registry(settings);
  MKT_TRY(const Trust trust, open_trust(session, settings, registry, a.trust));
  Json installed = Json::array();
  for (std::size_t i = 0; i < sources.size(); ++i) {
    auto one = install_one({session, settings, registry, trust}, sources[i], a);
    if (!one) return one.error().context("while installing " + printable(a.specs[i]));
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
                     "/opt/hello\n  mkt install slack jira --root /opt/connectors\n"
                     "  mkt install ./hello-connector-1.0.0.tgz --offline");
  command
      ->add_option("ID[@VERSION]|FILE", a->specs,
                   "The connectors: of the registry, or a tarball with its signature file")
      ->required();
  command->add_option("--dir", a->folder, "Folder of the one connector (default: ./connectors/ID)");
  command->add_option("--root", a->root, "Folder that holds a folder for each connector")
      ->capture_default_str();
  add_trust_options(command, a->trust);
  on_run(command, session, [&session, a] { return run(session, *a); });
}

}  // namespace mkt
