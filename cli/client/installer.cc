// Obtaining, checking, unpacking, placing; see installer.h.
#include "cli/client/installer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "cli/client/verified_download.h"
#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/connector/pack.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

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
constexpr int kPlacingTries = 10;

// All files of the tree and their names, with one call instead of one a file.
Status sync_file_system(const fs::path& tree) {
  const UniqueFd folder(::open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder && ::syncfs(folder.get()) == 0) return {};
  return system_error(fmt::format("cannot write {}", printable(tree.string())), errno);
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

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
  if (!receipt && !is_there(target)) return std::optional<Receipt>();  // gone just now
  if (!receipt || receipt->id != id.text()) {
    return Error(ErrorCode::target_exists,
                 fmt::format("{} holds {}; move it away, or install into another folder with --dir",
                             printable(target.string()),
                             receipt ? "the connector " + receipt->id
                                     : std::string("files that mkt did not install")));
  }
  return std::optional<Receipt>(std::move(*receipt));
}

// Where the old tree waits while a file system that cannot exchange two folders gets the new one.
// Not below the staging folder: what a killed install left there is thrown away.
fs::path aside_of(const fs::path& target) {
  return folder_of(target) / fmt::format(".mkt-old-{}", target.filename().string());
}

// After a kill between the two steps of replace_in_two_steps: the old tree comes back, or it goes
// where the new one has taken its place. Into `bin` in one step, so that no half of it is left.
void mend_replacement(const fs::path& target, const fs::path& bin) {
  const fs::path aside = aside_of(target);
  if (!is_there(aside)) return;
  // rename(2) puts a folder in nobody's place but an empty folder's.
  if (::rename(aside.c_str(), target.c_str()) == 0) return;
  if (is_there(target)) ::rename(aside.c_str(), bin.c_str());
}

// Both folders there and RENAME_EXCHANGE not: 0, or the reason.
int replace_in_two_steps(const fs::path& tree, const fs::path& target) {
  const fs::path aside = aside_of(target);
  if (::rename(target.c_str(), aside.c_str()) != 0) return errno;
  return ::rename(tree.c_str(), target.c_str()) == 0 ? 0 : errno;
}

// 0, or the reason why not.
int put_at(const fs::path& tree, const fs::path& target, bool replaces) {
  const unsigned flags = replaces ? RENAME_EXCHANGE : 0;
  if (::renameat2(AT_FDCWD, tree.c_str(), AT_FDCWD, target.c_str(), flags) == 0) return 0;
  if (!replaces || (errno != EINVAL && errno != ENOSYS)) return errno;
  return replace_in_two_steps(tree, target);
}

// Another install or uninstall of the same connector came or took it away at this moment.
bool is_race(int reason) { return reason == ENOTEMPTY || reason == EEXIST || reason == ENOENT; }

// The new tree takes the target's name in one step; an older one is exchanged for it, and goes with
// the staging folder. On the disk first: a power cut must not leave a name without its bytes.
Status move_into_place(const TemporaryFolder& staging, const fs::path& tree, const fs::path& target,
                       const ConnectorId& id) {
  MKT_CHECK(sync_file_system(tree));
  int reason = 0;
  for (int i = 0; i < kPlacingTries; ++i) {
    mend_replacement(target, staging.path() / fmt::format("mended-{}", i));
    const auto before = installed_before(target, id);
    if (!before && i + 1 < kPlacingTries) continue;  // it may be on its way
    if (!before) return before.error();
    reason = put_at(tree, target, before->has_value());
    if (reason == 0 || !is_race(reason)) break;
  }
  mend_replacement(target, staging.path() / "old");
  if (reason == 0) return sync_folder(folder_of(target));
  return system_error(fmt::format("cannot put the connector at {}", printable(target.string())),
                      reason);
}

// What an install that was killed left half replaced, before anybody looks at it.
Status mend(const fs::path& target) {
  if (!is_there(aside_of(target))) return {};
  MKT_TRY(const TemporaryFolder bin, TemporaryFolder::create(folder_of(target), kStagingPrefix));
  mend_replacement(target, bin.path() / "old");
  return {};
}

// Nothing to do when this very tarball is installed and untouched.
bool is_current(const fs::path& target, const std::optional<Receipt>& before,
                const wire::VersionInfo& info) {
  return before && before->checksum == info.tarball_checksum && check_tree(target, *before);
}

Result<Obtained> obtain_from_registry(const InstallContext& c, const Wish& wish,
                                      const fs::path& staging) {
  MKT_TRY(UniqueFd tarball, create_file(staging / "tarball", 0600));
  MKT_TRY(VerifiedVersion v,
          download_verified(c.registry, c.trust, *wish.id, wish.which(), tarball.get(),
                            c.progress("downloading " + wish.id->text())));
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
                   fmt::format("{} is larger than {} bytes", name, kMaxTarballBytes));
    }
    const std::span<const std::uint8_t> bytes(buffer.data(), n);
    hasher.update(bytes);
    MKT_CHECK(write_all(to, bytes, "the tarball"));
  }
}

// Copied first: what is checked and what is unpacked must be the same bytes.
Result<Obtained> obtain_from_file(const InstallContext& c, const fs::path& file,
                                  const fs::path& staging) {
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

Receipt receipt_of(const InstallContext& c, const Wish& wish, const Obtained& obtained,
                   Unpacked unpacked) {
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
  // Of a file no tenant was asked.
  if (c.settings.tenant && wish.id) receipt.tenant = c.settings.tenant->text();
  receipt.installed_at = format_utc(utc_now());
  receipt.files = std::move(unpacked.files);
  return receipt;
}

// The connector that is installed there already, when it is the one that is wanted.
Result<std::optional<InstallDone>> nothing_to_do(const InstallContext& c, const Wish& wish,
                                                 const fs::path& target) {
  MKT_TRY(std::optional<Receipt> before, installed_before(target, *wish.id));
  if (!before) return std::optional<InstallDone>();
  MKT_TRY(const wire::VersionInfo info, c.registry.version(*wish.id, wish.which()));
  if (info.quarantined || !is_current(target, before, info)) return std::optional<InstallDone>();
  InstallDone done;
  done.receipt = std::move(*before);
  done.folder = target;
  done.unchanged = true;
  return std::optional(std::move(done));
}

Status check_lock(const std::string& name, const LockEntry& locked, const std::string& checksum,
                  const std::string& key_id) {
  const auto mismatch = [&](const char* what, const std::string& is, const std::string& expected) {
    return Error(ErrorCode::lock_mismatch,
                 fmt::format("{} has the {} {}, {} says {}; nothing was installed", name, what, is,
                             kLockName, expected));
  };
  if (checksum != locked.checksum) return mismatch("checksum", checksum, locked.checksum);
  if (key_id != locked.key_id) return mismatch("key", key_id, locked.key_id);
  return {};
}

std::string text_of(const std::map<std::string, VersionRange>& dependencies) {
  std::vector<std::string> all;
  for (const auto& [id, range] : dependencies) all.push_back(id + " " + range.text());
  return all.empty() ? "nothing" : fmt::format("{}", fmt::join(all, ", "));
}

// The signed bytes must be what was resolved by, and what the tenant's approvers saw.
Status check_wish(const Wish& wish, const Manifest& manifest, const std::string& checksum) {
  const std::string name = manifest.id().text() + "@" + manifest.version().text();
  if (!wish.approved_checksum.empty() && checksum != wish.approved_checksum) {
    return Error(ErrorCode::checksum_mismatch,
                 fmt::format("{} has {}, and {} was approved; it was not installed", name, checksum,
                             printable(wish.approved_checksum)));
  }
  if (!wish.dependencies) return {};
  const std::string said = text_of(*wish.dependencies), is = text_of(manifest.dependencies());
  if (said == is) return {};
  return Error(ErrorCode::manifest_mismatch,
               fmt::format("the registry says that {} needs {}, and what was signed needs {}; it "
                           "was not installed",
                           name, said, is));
}

std::string key_of(const Json& signature) { return text_member(signature, "keyId").value_or(""); }

}  // namespace

Result<InstallDone> install_connector(const InstallContext& c, const Wish& wish,
                                      const InstallTarget& where) {
  // Of a file the name is known once it is unpacked.
  fs::path target = !where.folder.empty() ? where.folder
                    : wish.id             ? where.root / wish.id->text()
                                          : where.root / "connector";
  if (!target.has_filename()) target = target.parent_path();  // "dir/"
  if (wish.id) {
    MKT_CHECK(mend(target));
    MKT_TRY(auto done, nothing_to_do(c, wish, target));
    if (done && wish.locked) {
      MKT_CHECK(check_lock(done->receipt.id, *wish.locked, done->receipt.checksum,
                           key_of(done->receipt.signature)));
    }
    if (done) {
      MKT_TRY(const Manifest manifest, read_manifest(target));
      MKT_CHECK(check_wish(wish, manifest, done->receipt.checksum));
      return std::move(*done);
    }
  }
  const fs::path parent = folder_of(target);
  MKT_CHECK(make_folders(parent, 0755));
  TemporaryFolder::remove_abandoned(parent, kStagingPrefix);
  MKT_TRY(TemporaryFolder staging, TemporaryFolder::create(parent, kStagingPrefix));
  MKT_TRY(const Obtained obtained, wish.id ? obtain_from_registry(c, wish, staging.path())
                                           : obtain_from_file(c, wish.file, staging.path()));
  if (wish.locked) {
    MKT_CHECK(
        check_lock(wish.id->text(), *wish.locked, obtained.checksum, obtained.trusted.key.key_id));
  }

  const fs::path tree = staging.path() / "tree";
  MKT_CHECK(make_folders(tree, 0755));
  MKT_TRY(Unpacked unpacked, unpack_tarball(file_source(obtained.tarball.get(), "the tarball"),
                                            c.settings.archive, tree));
  const Manifest& manifest = unpacked.contents.manifest;
  if (wish.id &&
      (manifest.id() != *wish.id || manifest.version().text() != obtained.version.value_or(""))) {
    return Error(ErrorCode::manifest_mismatch,
                 fmt::format("the registry sent {}@{} for {}@{}; nothing was installed",
                             manifest.id().text(), manifest.version().text(), wish.id->text(),
                             printable(obtained.version.value_or(""))));
  }
  MKT_CHECK(check_wish(wish, manifest, obtained.checksum));
  if (!wish.id && where.folder.empty()) target = parent / manifest.id().text();
  const ConnectorId id = manifest.id();
  const bool has_dependencies = !manifest.dependencies().empty();
  Receipt receipt = receipt_of(c, wish, obtained, std::move(unpacked));
  MKT_CHECK(write_receipt(tree, receipt));
  MKT_CHECK(move_into_place(staging, tree, target, id));
  return InstallDone{std::move(receipt),   target,          false, obtained.trusted.remark,
                     obtained.deprecation, has_dependencies};
}

}  // namespace mkt
