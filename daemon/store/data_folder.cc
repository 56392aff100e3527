#include "daemon/store/data_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "common/base/encoding.h"
#include "common/base/utf8.h"

namespace mkt {

namespace {

constexpr mode_t kDataFolderMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr const char* kMovedFile = "MOVED";
constexpr const char* kUnusedMark = "MOVED.new";
constexpr std::uint64_t kMostMovedBytes = 64 * 1024;

Status require_own_folder(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return system_error(fmt::format("cannot read {}", path.string()), errno);
  }
  if (!S_ISDIR(info.st_mode)) {
    return Error(ErrorCode::usage_error, fmt::format("{} is not a folder", path.string()));
  }
  // The owner of the folder could replace our files, whatever the mode.
  if (info.st_uid != ::geteuid()) {
    return Error(
        ErrorCode::usage_error,
        fmt::format("the data folder {} belongs to another user (uid {}); run mktd as that "
                    "user (uid {} runs it now), or give the folder away with chown",
                    path.string(), info.st_uid, ::geteuid()));
  }
  if ((info.st_mode & 022) != 0) {
    return Error(
        ErrorCode::usage_error,
        fmt::format(
            "others may write into the data folder {} (mode {:04o}); make it private: chmod 700 {}",
            path.string(), info.st_mode & 07777, path.string()));
  }
  // Others can only read: systemd creates a StateDirectory like this where the unit sets no mode.
  if ((info.st_mode & 077) != 0 && ::chmod(path.c_str(), kDataFolderMode) != 0) {
    return system_error(fmt::format("cannot make {} private", path.string()), errno);
  }
  return {};
}

// Opens a file of the folder that belongs to this user alone. Returns no descriptor where the file
// is missing and `flags` lack O_CREAT.
Result<UniqueFd> open_own_file(const std::filesystem::path& path, int flags) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | flags, kFileMode));
  if (!fd && errno == ENOENT) return fd;
  if (!fd && errno == ELOOP) {
    return Error(ErrorCode::usage_error,
                 fmt::format("{} is a link, which mktd does not make; remove it", path.string()));
  }
  if (!fd) return system_error(fmt::format("cannot open {}", path.string()), errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_uid != ::geteuid()) {
    return Error(ErrorCode::usage_error,
                 fmt::format("{} does not belong to this user; remove it", path.string()));
  }
  if ((info.st_mode & 07777) != kFileMode && ::fchmod(fd.get(), kFileMode) != 0) {
    return system_error(fmt::format("cannot make {} private", path.string()), errno);
  }
  return fd;
}

}  // namespace

Result<DataFolder> DataFolder::open(const std::filesystem::path& path) {
  MKT_CHECK(make_folders(path, kDataFolderMode));
  MKT_CHECK(require_own_folder(path));
  const std::filesystem::path lock_path = path / "LOCK";
  MKT_TRY(UniqueFd lock, open_own_file(lock_path, O_CREAT | O_NOFOLLOW));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return system_error(fmt::format("cannot lock {}", lock_path.string()), errno);
    }
    auto pid = read_file(lock_path, 64);
    std::string owner = pid ? *pid : "unknown";
    while (!owner.empty() && owner.back() == '\n') owner.pop_back();
    return Error(ErrorCode::data_locked,
                 fmt::format("the data folder {} is in use by another mktd (pid {}); stop that "
                             "one or name another folder with --data",
                             path.string(), owner));
  }
  MKT_CHECK(check_not_moved(path));
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(lock.get(), 0) != 0) {
    return system_error(fmt::format("cannot write {}", lock_path.string()), errno);
  }
  MKT_CHECK(write_all(lock.get(), as_bytes(pid), lock_path.string()));
  // SQLite would give the database the umask's mode. It gives -wal and -shm the database's mode.
  DataFolder folder(path, std::move(lock));
  MKT_CHECK(open_own_file(folder.database(), O_CREAT));
  for (const char* suffix : {"-wal", "-shm"}) {
    MKT_CHECK(open_own_file(folder.database().string() + suffix, 0));
  }
  return folder;
}

Status DataFolder::write_mark(const std::string& text) const {
  return write_file_atomically(path_ / kUnusedMark, text, kFileMode);
}

Status DataFolder::mark_moved() const {
  if (::rename((path_ / kUnusedMark).c_str(), (path_ / kMovedFile).c_str()) != 0) {
    return system_error("cannot mark the data folder as moved", errno);
  }
  return sync_folder(path_);
}

Status DataFolder::check_not_moved(const std::filesystem::path& path) {
  const auto text = read_file(path / kMovedFile, kMostMovedBytes);
  if (!text && text.error().code == ErrorCode::not_found) return {};
  if (!text) return text.error();
  return Error(ErrorCode::data_moved,
               fmt::format("the marketplace of {} was moved to {}; start mktd there", path.string(),
                           printable(text->substr(0, text->find('\n')))));
}

}  // namespace mkt
