#include "daemon/ops/backup.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "common/base/files.h"
#include "common/base/utf8.h"
#include "daemon/ops/folder_tarballs.h"
#include "daemon/ops/restore_place.h"
#include "daemon/store/sqlite/database_file.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnfinished = ".mktd-backup-";
constexpr int kMostTries = 5;

// A folder beside `file`, on the same file system, for what is not complete yet.
Result<TemporaryFolder> folder_beside(const fs::path& file) {
  const fs::path parent = folder_of(file);
  TemporaryFolder::remove_abandoned(parent, kUnfinished);
  return TemporaryFolder::create(parent, kUnfinished);
}

bool has_tarball(const std::vector<BackupLink>& chain, const Checksum& checksum) {
  return std::any_of(chain.begin(), chain.end(), [&](const BackupLink& link) {
    return link.tarballs.contains(checksum.hex());
  });
}

Status extract_entry(const BackupEntry& entry, const fs::path& folder) {
  const fs::path target = folder / entry.name;
  MKT_CHECK(make_folders(target.parent_path(), 0700));
  MKT_TRY(const UniqueFd fd, create_file(target, 0600));
  MKT_CHECK(entry.read(
      [&](std::span<const std::uint8_t> bytes) { return write_all(fd.get(), bytes, entry.name); }));
  if (::fsync(fd.get()) != 0)
    return system_error(fmt::format("cannot write {}", entry.name), errno);
  return sync_folder(target.parent_path());
}

// All of it, also a tarball that nothing refers to: each is what its name says, for a later publish
// of these bytes would use the file as its own.
Status extract_newest(const fs::path& file, const fs::path& folder) {
  return each_entry(file, [&](const BackupEntry& entry) -> Status {
    return entry.kind == BackupEntry::Kind::since ? Status() : extract_entry(entry, folder);
  });
}

// What the newest backup refers to and does not have.
Status extract_earlier(const std::vector<BackupLink>& chain, const fs::path& folder) {
  MKT_TRY(const auto blobs, referenced_blobs(folder / kDatabaseName));
  std::set<std::string> wanted;
  for (const BlobReference& blob : blobs) {
    if (!chain.front().tarballs.contains(blob.checksum.hex())) wanted.insert(blob.checksum.hex());
  }
  for (auto link = chain.begin() + 1; link != chain.end() && !wanted.empty(); ++link) {
    MKT_CHECK(each_entry(link->file, [&](const BackupEntry& entry) -> Status {
      if (!entry.checksum || wanted.erase(entry.checksum->hex()) == 0) return {};
      return extract_entry(entry, folder);
    }));
  }
  return {};
}

}  // namespace

Result<std::vector<BackupLink>> chain_for(const fs::path& earlier, const fs::path& file) {
  if (earlier.empty()) return std::vector<BackupLink>();
  std::error_code error;
  if (!fs::equivalent(folder_of(earlier), folder_of(file), error) || error) {
    return Error(ErrorCode::usage_error,
                 fmt::format("an incremental backup belongs beside the one it goes on from: write "
                             "it into {}",
                             printable(folder_of(earlier).string())));
  }
  MKT_TRY(auto chain, follow_chain(earlier));
  for (const BackupLink& link : chain) {
    if (link.file.filename() != file.filename()) continue;
    return Error(ErrorCode::usage_error,
                 fmt::format("{} is needed to restore {}; write the new backup into another file",
                             printable(link.file.string()), printable(earlier.string())));
  }
  return chain;
}

Result<BackupReport> back_up(const fs::path& data, const fs::path& file,
                             const std::vector<BackupLink>& chain) {
  const OpenTarball open = tarballs_in_folder(data);
  for (int tries = 1;; ++tries) {
    bool withdrawn = false;
    const auto open_needed = [&](const BlobReference& blob) -> Result<UniqueFd> {
      auto tarball = open(blob);
      if (!tarball) {
        MKT_TRY(const bool needed, is_referenced(data / kDatabaseName, blob.checksum));
        withdrawn = !needed;
        if (needed && tarball.error().code == ErrorCode::not_found) return lost_blob(blob.checksum);
      }
      return tarball;
    };
    MKT_TRY(const TemporaryFolder folder, folder_beside(file));
    const fs::path database = folder.path() / kDatabaseName;
    MKT_CHECK(copy_database(data / kDatabaseName, database));
    auto report = write_backup(database, open_needed, file, chain);
    // The copy of the database says that it is there, and is in the file already.
    if (report || !withdrawn || tries == kMostTries) return report;
  }
}

Result<BackupReport> write_backup(const fs::path& database, const OpenTarball& open,
                                  const fs::path& file, const std::vector<BackupLink>& chain) {
  MKT_TRY(const TemporaryFolder folder, folder_beside(file));
  const fs::path unfinished = folder.path() / "backup.tar";
  MKT_TRY(const auto blobs, referenced_blobs(database));
  MKT_TRY(const UniqueFd database_fd, open_for_reading(database));

  MKT_TRY(const UniqueFd fd, create_file(unfinished, 0600));
  MKT_TRY(BackupWriter out, BackupWriter::begin(fd.get()));
  if (!chain.empty()) {
    MKT_CHECK(out.add_since({chain.front().file.filename().string(), chain.front().database}));
  }
  MKT_CHECK(out.add_database(database_fd));
  BackupReport report;
  for (const BlobReference& blob : blobs) {
    if (has_tarball(chain, blob.checksum)) {
      ++report.earlier_blobs;
      continue;
    }
    const auto added = [&]() -> Status {
      MKT_TRY(const UniqueFd tarball, open(blob));
      return out.add_tarball(tarball, blob.checksum);
    }();
    if (!added) return added.error().context("the tarball of " + blob.name);
    ++report.blobs;
  }
  MKT_CHECK(out.finish());
  MKT_TRY(report.bytes, file_size(fd.get(), "the backup"));
  if (::fsync(fd.get()) != 0 || ::rename(unfinished.c_str(), file.c_str()) != 0) {
    return system_error(fmt::format("cannot write {}", printable(file.string())), errno);
  }
  MKT_CHECK(sync_folder(folder_of(file)));
  return report;
}

Result<CheckReport> restore(const fs::path& file, const fs::path& data) {
  MKT_TRY(const RestorePlace place, RestorePlace::open(data));
  MKT_TRY(const auto chain, follow_chain(file));
  const fs::path folder = place.unfinished();
  MKT_CHECK(make_folders(folder / "blobs", 0700));
  MKT_CHECK(extract_newest(file, folder));
  MKT_CHECK(extract_earlier(chain, folder));
  MKT_TRY(CheckReport report, check_data(folder));
  if (!report.damage.empty()) {
    return Error(ErrorCode::data_damaged,
                 fmt::format("the backup is damaged: {}", report.damage.front()));
  }
  MKT_CHECK(place.take());
  return report;
}

}  // namespace mkt
