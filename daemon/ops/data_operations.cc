#include "daemon/ops/data_operations.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>
#include <set>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/utf8.h"
#include "daemon/ops/folder_tarballs.h"
#include "daemon/store/data_folder.h"
#include "daemon/store/sqlite/database_file.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceBytes = 256 * 1024;
constexpr std::string_view kStaging = ".mktd-restore-";

struct FreeWriter {
  void operator()(archive* a) const { ::archive_write_free(a); }
};
struct FreeReader {
  void operator()(archive* a) const { ::archive_read_free(a); }
};
struct FreeEntry {
  void operator()(archive_entry* e) const { ::archive_entry_free(e); }
};

Error archive_error(archive* a, std::string_view what) {
  const char* reason = ::archive_error_string(a);
  const ErrorCode code =
      ::archive_errno(a) == ENOSPC ? ErrorCode::storage_full : ErrorCode::io_error;
  return Error(code, fmt::format("{}: {}", what, reason == nullptr ? "unknown reason" : reason));
}

Status add_file(archive* out, const UniqueFd& fd, const std::string& name) {
  MKT_TRY(const std::uint64_t size, file_size(fd.get(), name));
  const std::unique_ptr<archive_entry, FreeEntry> entry(::archive_entry_new());
  ::archive_entry_set_pathname(entry.get(), name.c_str());
  ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  ::archive_entry_set_filetype(entry.get(), AE_IFREG);
  ::archive_entry_set_perm(entry.get(), 0600);
  if (::archive_write_header(out, entry.get()) != ARCHIVE_OK) {
    return archive_error(out, "cannot write the backup");
  }
  Bytes piece(kPieceBytes);
  for (std::uint64_t at = 0; at < size;) {
    MKT_TRY(const std::size_t n, read_at(fd.get(), piece, at, name));
    if (n == 0) return Error(ErrorCode::io_error, fmt::format("{} became shorter", name));
    if (::archive_write_data(out, piece.data(), n) != static_cast<la_ssize_t>(n)) {
      return archive_error(out, "cannot write the backup");
    }
    at += n;
  }
  return {};
}

// A file that the destructor removes, unless it is kept.
class TemporaryFile {
 public:
  explicit TemporaryFile(fs::path path) : path_(std::move(path)) {}
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  const fs::path& path() const { return path_; }
  void keep() { path_.clear(); }

 private:
  fs::path path_;
};

// Accepts only names that a backup has, so nothing in a stranger's archive can lead elsewhere.
bool is_backup_name(const std::string& name) {
  if (name == kDatabaseName) return true;
  const auto checksum = Checksum::parse(name.substr(name.rfind('/') + 1));
  return checksum && name == tarball_name(*checksum);
}

Status extract_file(archive* in, archive_entry* entry, const fs::path& folder) {
  const char* name = ::archive_entry_pathname(entry);
  if (name == nullptr || ::archive_entry_filetype(entry) != AE_IFREG || !is_backup_name(name)) {
    return Error(ErrorCode::data_damaged,
                 fmt::format("this is not a backup of mktd: it contains {}",
                             printable(name == nullptr ? "a nameless file" : name)));
  }
  const fs::path target = folder / name;
  MKT_CHECK(make_folders(target.parent_path(), 0700));
  MKT_TRY(const UniqueFd fd, create_file(target, 0600));
  Bytes piece(kPieceBytes);
  Hasher hasher;
  for (;;) {
    const la_ssize_t n = ::archive_read_data(in, piece.data(), piece.size());
    if (n < 0) {
      return Error(ErrorCode::data_damaged, archive_error(in, "the backup is damaged").message);
    }
    if (n == 0) break;
    hasher.update({piece.data(), static_cast<std::size_t>(n)});
    MKT_CHECK(write_all(fd.get(), {piece.data(), static_cast<std::size_t>(n)}, name));
  }
  // Also for a tarball that nothing refers to: a later publish of these bytes would use the file as
  // its own.
  if (const Checksum actual = hasher.finish();
      name != kDatabaseName && name != tarball_name(actual)) {
    return Error(ErrorCode::data_damaged,
                 fmt::format("the backup is damaged: {} has {}", name, actual.text()));
  }
  if (::fsync(fd.get()) != 0) return system_error(fmt::format("cannot write {}", name), errno);
  return sync_folder(target.parent_path());
}

Status extract(const fs::path& file, const fs::path& folder) {
  MKT_TRY(const UniqueFd fd, open_for_reading(file));
  const std::unique_ptr<archive, FreeReader> in(::archive_read_new());
  ::archive_read_support_format_tar(in.get());
  if (::archive_read_open_fd(in.get(), fd.get(), kPieceBytes) != ARCHIVE_OK) {
    return Error(ErrorCode::data_damaged,
                 fmt::format("{} is not a backup of mktd: {}", printable(file.string()),
                             ::archive_error_string(in.get())));
  }
  archive_entry* entry = nullptr;
  for (;;) {
    const int read = ::archive_read_next_header(in.get(), &entry);
    if (read == ARCHIVE_EOF) return {};
    if (read != ARCHIVE_OK) {
      return Error(ErrorCode::data_damaged,
                   fmt::format("the backup is damaged: {}", ::archive_error_string(in.get())));
    }
    MKT_CHECK(extract_file(in.get(), entry, folder));
  }
}

}  // namespace

Result<BackupReport> back_up(const fs::path& data, const fs::path& file) {
  const fs::path folder = folder_of(file);
  TemporaryFile database(folder / fmt::format(".mktd-backup-{}.db", random_hex(6)));
  MKT_CHECK(copy_database(data / kDatabaseName, database.path()));
  return write_backup(database.path(), tarballs_in_folder(data), file);
}

Result<BackupReport> write_backup(const fs::path& database, const OpenTarball& open,
                                  const fs::path& file) {
  const fs::path folder = folder_of(file);
  TemporaryFile archive_file(folder / fmt::format(".mktd-backup-{}.tar", random_hex(6)));
  MKT_TRY(const auto blobs, referenced_blobs(database));
  MKT_TRY(const UniqueFd database_fd, open_for_reading(database));

  MKT_TRY(const UniqueFd fd, create_file(archive_file.path(), 0600));
  const std::unique_ptr<archive, FreeWriter> out(::archive_write_new());
  ::archive_write_set_format_pax_restricted(out.get());
  if (::archive_write_open_fd(out.get(), fd.get()) != ARCHIVE_OK) {
    return archive_error(out.get(), "cannot write the backup");
  }
  MKT_CHECK(add_file(out.get(), database_fd, std::string(kDatabaseName)));
  for (const BlobReference& blob : blobs) {
    auto added = [&]() -> Status {
      MKT_TRY(const UniqueFd tarball, open(blob));
      return add_file(out.get(), tarball, tarball_name(blob.checksum));
    }();
    if (!added) return added.error().context("the tarball of " + blob.name);
  }
  if (::archive_write_close(out.get()) != ARCHIVE_OK) {
    return archive_error(out.get(), "cannot write the backup");
  }
  BackupReport report;
  report.blobs = blobs.size();
  MKT_TRY(report.bytes, file_size(fd.get(), "the backup"));
  if (::fsync(fd.get()) != 0 || ::rename(archive_file.path().c_str(), file.c_str()) != 0) {
    return system_error(fmt::format("cannot write {}", printable(file.string())), errno);
  }
  archive_file.keep();
  MKT_CHECK(sync_folder(folder));
  return report;
}

Result<CheckReport> restore(const fs::path& file, const fs::path& data) {
  std::error_code error;
  if (fs::exists(data, error) && !fs::is_empty(data, error)) {
    return Error(ErrorCode::target_exists,
                 fmt::format("{} is not empty; a backup is restored into a folder of its own",
                             printable(data.string())));
  }
  const fs::path parent = folder_of(data);
  MKT_CHECK(make_folders(parent, 0700));
  MKT_TRY(const TemporaryFolder staging, TemporaryFolder::create(parent, kStaging));
  const fs::path folder = staging.path() / "data";
  MKT_CHECK(make_folders(folder / "blobs", 0700));
  MKT_CHECK(extract(file, folder));
  MKT_TRY(CheckReport report, check_data(folder));
  if (!report.damage.empty()) {
    return Error(ErrorCode::data_damaged,
                 fmt::format("the backup is damaged: {}", report.damage.front()));
  }
  // rename(2) replaces an empty folder.
  if (::rename(folder.c_str(), data.c_str()) != 0) {
    return system_error(fmt::format("cannot make {}", printable(data.string())), errno);
  }
  MKT_CHECK(sync_folder(parent));
  return report;
}

Result<GarbageReport> collect_garbage(const fs::path& data, const GarbageWish& wish) {
  if (!fs::exists(data / kDatabaseName)) {
    return Error(ErrorCode::not_found,
                 fmt::format("there is no database in {}", printable(data.string())));
  }
  // An upload is first a file and then a row, so nobody else may be uploading.
  MKT_TRY(const DataFolder lock, DataFolder::open(data));
  MKT_TRY(const auto blobs, referenced_blobs(lock.database()));
  std::set<std::string> known;
  for (const BlobReference& blob : blobs) known.insert(blob.checksum.hex());
  const UtcTime placed_before = utc_now() - wish.age;
  GarbageReport report;
  MKT_CHECK(each_tarball(data, [&](const fs::path& path, const Checksum& checksum) -> Status {
    struct stat info {};
    if (known.contains(checksum.hex()) || ::stat(path.c_str(), &info) != 0) return {};
    if (std::chrono::system_clock::from_time_t(info.st_mtim.tv_sec) > placed_before) return {};
    if (wish.act == GarbageAct::remove && ::unlink(path.c_str()) != 0) {
      return system_error(fmt::format("cannot remove {}", path.string()), errno);
    }
    ++report.blobs;
    report.bytes += static_cast<std::uint64_t>(info.st_size);
    if (report.named.size() < kMostGarbageNamed) report.named.push_back(checksum);
    return {};
  }));
  return report;
}

}  // namespace mkt
