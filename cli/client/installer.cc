#include "cli/client/installer.h"

#include <fmt/format.h>
#include <unistd.h>

#include "cli/client/placing.h"
#include "cli/client/verified_download.h"
#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/connector/pack.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

// A checked tarball, with what its receipt will contain.
struct Obtained {
  UniqueFd tarball;
  std::string checksum;
  std::uint64_t size = 0;
  SignatureFile signature;
  Trusted trusted;
  std::int64_t accepted_sequence = 0;
  std::optional<std::string> version{};  // as the registry reported it
  std::string deprecation{};
};

// True where this very tarball is installed and unchanged.
bool is_current(const fs::path& target, const std::optional<Receipt>& before,
                const wire::VersionInfo& info) {
  return before && before->checksum == info.tarball_checksum && check_tree(target, *before);
}

Result<Obtained> obtain_from_registry(const InstallContext& c, const Wish& wish,
                                      const fs::path& staging) {
  MKT_TRY(UniqueFd tarball, create_file(staging / "tarball", 0600));
  MKT_TRY(VerifiedVersion v,
          download_verified(c.registry, c.trust, *wish.id, wish.which(), tarball.get(),
                            c.progress("downloading " + wish.id->text()), c.cache));
  return Obtained{std::move(tarball),     v.info.tarball_checksum, v.info.tarball_size,
                  std::move(v.signature), std::move(v.trusted),    v.info.sequence,
                  v.info.version,         deprecation_of(v.info)};
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

// Offline: the tarball that the lock names, with what the registry said of it when it came. Whether
// its key was revoked since then, the stored list of keys tells. not_cached.
Result<Obtained> obtain_from_cache(const InstallContext& c, const Wish& wish,
                                   const fs::path& staging) {
  const std::string name = wish.id->text() + "@" + wish.which();
  const Error missing(ErrorCode::not_cached,
                      fmt::format("{} from {} is not in the cache", name, c.settings.registry));
  if (c.cache == nullptr || !wish.locked) return missing;
  MKT_TRY(const Checksum checksum, Checksum::parse(wish.locked->checksum));
  auto source = c.cache->source(checksum, c.settings.registry);
  if (!source) return missing;
  MKT_TRY(UniqueFd tarball, create_file(staging / "tarball", 0600));
  MKT_TRY(const auto size, c.cache->take(checksum, tarball.get()));
  if (!size) return missing;
  auto trusted = c.trust.check(source->signature, checksum, source->accepted_sequence);
  if (!trusted) return trusted.error().context(name);
  return Obtained{
      std::move(tarball),  checksum.text(),           *size,       std::move(source->signature),
      std::move(*trusted), source->accepted_sequence, wish.which()};
}

// Copies the file first: the checked and the unpacked bytes must be the same.
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

Result<Obtained> obtain(const InstallContext& c, const Wish& wish, const fs::path& staging) {
  if (!wish.id) return obtain_from_file(c, wish.file, staging);
  return c.offline ? obtain_from_cache(c, wish, staging) : obtain_from_registry(c, wish, staging);
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
  // For a file, and offline, no tenant was asked.
  if (c.settings.tenant && wish.id && !c.offline) receipt.tenant = c.settings.tenant->text();
  receipt.installed_at = format_utc(utc_now());
  receipt.files = std::move(unpacked.files);
  return receipt;
}

// True where the locked tarball is installed and unchanged, and its signature still counts.
bool is_locked_here(const InstallContext& c, const Wish& wish, const fs::path& target,
                    const Receipt& before) {
  if (!wish.locked || before.checksum != wish.locked->checksum) return false;
  const auto checksum = Checksum::parse(before.checksum);
  const auto signature = SignatureFile::from_json(before.signature);
  if (!checksum || !signature || !check_tree(target, before)) return false;
  const bool same_registry = before.registry == c.settings.registry;
  return bool(
      c.trust.check(*signature, *checksum,
                    same_registry ? std::optional(before.accepted_sequence) : std::nullopt));
}

// The installed connector, where it is the wanted one already.
Result<std::optional<InstallDone>> nothing_to_do(const InstallContext& c, const Wish& wish,
                                                 const fs::path& target) {
  MKT_TRY(std::optional<Receipt> before, installed_before(target, *wish.id));
  if (!before) return std::optional<InstallDone>();
  InstallDone done;
  if (c.offline) {
    if (!is_locked_here(c, wish, target, *before)) return std::optional<InstallDone>();
  } else {
    MKT_TRY(const wire::VersionInfo info, c.registry.version(*wish.id, wish.which()));
    if (info.quarantined || !is_current(target, before, info)) return std::optional<InstallDone>();
    done.deprecation = deprecation_of(info);
  }
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

// The signed bytes must agree with what was resolved and with what the tenant's approvers saw.
Status check_wish(const Wish& wish, const Manifest& manifest, const std::string& checksum) {
  const std::string name = manifest.id().text() + "@" + manifest.version().text();
  if (!wish.approved_checksum.empty() && checksum != wish.approved_checksum) {
    return Error(ErrorCode::checksum_mismatch,
                 fmt::format("{} has {}, but {} was approved; it was not installed", name, checksum,
                             printable(wish.approved_checksum)));
  }
  if (!wish.dependencies) return {};
  const std::string said = text_of(*wish.dependencies), is = text_of(manifest.dependencies());
  if (said == is) return {};
  return Error(ErrorCode::manifest_mismatch,
               fmt::format("the registry says that {} needs {}, but its signed manifest needs {}; "
                           "it was not installed",
                           name, said, is));
}

std::string key_of(const Json& signature) { return text_member(signature, "keyId").value_or(""); }

// A connector that is ready: fetched, checked and unpacked; or installed already.
struct Staged {
  InstallDone done;
  std::optional<fs::path> tree;  // nullopt: nothing to do
};

fs::path target_of(const Wish& wish, const InstallTarget& where) {
  // For a file, the name is known only after unpacking.
  fs::path target = !where.folder.empty() ? where.folder
                    : wish.id             ? where.root / wish.id->text()
                                          : where.root / "connector";
  return target.has_filename() ? target : target.parent_path();  // "dir/"
}

Status check_edits(const InstallContext& c, const fs::path& target, const ConnectorId& id) {
  return c.overwrites_edits ? Status() : check_unedited(target, id);
}

// The installed connector, where it is the wanted one; nullopt where there is something to do.
Result<std::optional<Staged>> stage_nothing(const InstallContext& c, const Wish& wish,
                                            const fs::path& target) {
  MKT_CHECK(mend_target(target));
  MKT_TRY(auto done, nothing_to_do(c, wish, target));
  if (!done) return std::optional<Staged>();
  if (wish.locked) {
    MKT_CHECK(check_lock(done->receipt.id, *wish.locked, done->receipt.checksum,
                         key_of(done->receipt.signature)));
  }
  MKT_TRY(const Manifest manifest, read_manifest(target));
  MKT_CHECK(check_wish(wish, manifest, done->receipt.checksum));
  return std::optional(Staged{std::move(*done), std::nullopt});
}

// The tarball's bytes, with a progress of their own.
ByteSource followed_source(const InstallContext& c, const Obtained& obtained, const Wish& wish) {
  const std::string name = wish.id ? wish.id->text() : printable(wish.file.filename().string());
  return [source = file_source(obtained.tarball.get(), "the tarball"), size = obtained.size,
          done = std::uint64_t{0}, progress = c.progress("unpacking " + name)](
             std::span<std::uint8_t> into) mutable -> Result<std::size_t> {
    MKT_TRY(const std::size_t n, source(into));
    done += n;
    if (progress) progress(n == 0 ? size : std::min(done, size), size);
    return n;
  };
}

// Unpacks below `staging`, an empty folder on the target's file system.
Result<Staged> stage(const InstallContext& c, const Wish& wish, const InstallTarget& where,
                     const fs::path& staging) {
  fs::path target = target_of(wish, where);
  if (wish.id) MKT_CHECK(check_edits(c, target, *wish.id));
  MKT_TRY(const Obtained obtained, obtain(c, wish, staging));
  if (wish.locked) {
    MKT_CHECK(
        check_lock(wish.id->text(), *wish.locked, obtained.checksum, obtained.trusted.key.key_id));
  }

  fs::path tree = staging / "tree";
  MKT_CHECK(make_folders(tree, 0755));
  MKT_TRY(Unpacked unpacked,
          unpack_tarball(followed_source(c, obtained, wish), c.settings.archive, tree));
  ::unlink((staging / "tarball").c_str());  // while others are staged, only the tree is needed
  const Manifest& manifest = unpacked.contents.manifest;
  if (wish.id &&
      (manifest.id() != *wish.id || manifest.version().text() != obtained.version.value_or(""))) {
    return Error(ErrorCode::manifest_mismatch,
                 fmt::format("the registry sent {}@{} for {}@{}; nothing was installed",
                             manifest.id().text(), manifest.version().text(), wish.id->text(),
                             printable(obtained.version.value_or(""))));
  }
  MKT_CHECK(check_wish(wish, manifest, obtained.checksum));
  if (!wish.id) {
    if (where.folder.empty()) target = folder_of(target) / manifest.id().text();
    MKT_CHECK(check_edits(c, target, manifest.id()));
  }
  const bool has_dependencies = !manifest.dependencies().empty();
  Receipt receipt = receipt_of(c, wish, obtained, std::move(unpacked));
  MKT_CHECK(write_receipt(tree, receipt));
  return Staged{InstallDone{std::move(receipt), std::move(target), false, obtained.trusted.remark,
                            obtained.deprecation, has_dependencies},
                std::move(tree)};
}

// Names all that is missing, with what to do.
Error not_cached(const InstallContext& c, const std::vector<Wish>& missing, std::size_t all) {
  const auto name = [](const Wish& wish) { return wish.id->text() + "@" + wish.which(); };
  const std::string what = missing.size() == 1 ? name(missing[0]) + " is"
                                               : fmt::format("{} of {} connectors in {} are",
                                                             missing.size(), all, kLockName);
  Error error(ErrorCode::not_cached,
              fmt::format("nothing was installed; {} not in the cache; where {} can be reached, "
                          "run the same without --offline",
                          what, c.settings.registry));
  if (c.cache == nullptr || c.cache->limit() == 0) {
    error.message += "; the cache is turned off (cache_size is 0)";
  }
  for (const Wish& wish : missing) {
    error.details.push_back({name(wish), wish.locked->checksum});
  }
  return error;
}

// A folder beside the target, for this process alone.
Result<TemporaryFolder> make_staging(const fs::path& target) {
  const fs::path parent = folder_of(target);
  MKT_CHECK(make_folders(parent, 0755));
  TemporaryFolder::remove_abandoned(parent, kStagingPrefix);
  return TemporaryFolder::create(parent, kStagingPrefix);
}

}  // namespace

std::string deprecation_of(const wire::VersionInfo& info) {
  if (!info.deprecated) return {};
  return info.deprecation_reason.empty() ? "no reason was given" : info.deprecation_reason;
}

Result<InstallDone> install_connector(const InstallContext& c, const Wish& wish,
                                      const InstallTarget& where) {
  const fs::path target = target_of(wish, where);
  if (wish.id) {
    MKT_TRY(auto there, stage_nothing(c, wish, target));
    if (there) return std::move(there->done);
  }
  MKT_TRY(const TemporaryFolder staging, make_staging(target));
  MKT_TRY(Staged staged, stage(c, wish, where, staging.path()));
  MKT_TRY(const ConnectorId id, ConnectorId::parse(staged.done.receipt.id));
  MKT_TRY(const PlacedTree placed,
          PlacedTree::place(*staged.tree, staged.done.folder, id, staging.path()));
  return std::move(staged.done);
}

Result<std::vector<InstallDone>> install_all(const InstallContext& c,
                                             const std::vector<Wish>& wishes,
                                             const fs::path& root) {
  std::vector<InstallDone> all;
  if (wishes.empty()) return all;
  const InstallTarget where{{}, root};
  const auto failed = [](const Wish& wish, const Error& error) {
    return error.context(fmt::format(
        "nothing was installed; {}",
        printable(wish.id ? wish.id->text() + "@" + wish.which() : wish.file.string())));
  };
  std::optional<TemporaryFolder> staging;
  std::vector<Staged> staged;
  std::vector<Wish> missing;  // in the cache
  for (const Wish& wish : wishes) {
    const fs::path target = target_of(wish, where);
    auto one = stage_nothing(c, wish, target);
    if (!one) return failed(wish, one.error());
    if (!*one && !staging) {
      MKT_TRY(TemporaryFolder made, make_staging(target));
      staging.emplace(std::move(made));
    }
    if (!*one) {
      const fs::path own = staging->path() / std::to_string(staged.size() + missing.size());
      MKT_CHECK(make_folders(own, 0700));
      auto fresh = stage(c, wish, where, own);
      if (!fresh && fresh.error().code == ErrorCode::not_cached) {
        missing.push_back(wish);
        continue;
      }
      if (!fresh) return failed(wish, fresh.error());
      *one = std::move(*fresh);
    }
    staged.push_back(std::move(**one));
  }
  if (!missing.empty()) return not_cached(c, missing, wishes.size());
  std::vector<PlacedTree> placed;
  for (std::size_t i = 0; i < staged.size(); ++i) {
    if (!staged[i].tree) continue;
    MKT_TRY(const ConnectorId id, ConnectorId::parse(staged[i].done.receipt.id));
    auto one = PlacedTree::place(*staged[i].tree, staged[i].done.folder, id,
                                 staging->path() / std::to_string(i));
    if (one) {
      placed.push_back(std::move(*one));
      continue;
    }
    // In reverse order, so that the last is undone first.
    for (auto it = placed.rbegin(); it != placed.rend(); ++it) {
      if (const Status undone = it->undo(); !undone) {
        // What could not be put back must not be removed with the staging folder.
        staging->keep();
        return one.error().context(
            fmt::format("some connectors were installed and could not be removed again ({})",
                        undone.error().message));
      }
    }
    return failed(wishes[i], one.error());
  }
  for (Staged& one : staged) all.push_back(std::move(one.done));
  return all;
}

}  // namespace mkt
