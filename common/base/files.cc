#include "common/base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "common/base/encoding.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

Error path_error(std::string_view verb, const fs::path& path, int errno_value) {
  return system_error(fmt::format("cannot {} {}", verb, printable(path.string())), errno_value);
}

}  // namespace

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Error system_error(std::string_view what, int errno_value) {
  ErrorCode code = ErrorCode::io_error;
  if (errno_value == ENOSPC || errno_value == EDQUOT) code = ErrorCode::storage_full;
  if (errno_value == ENOENT || errno_value == ENOTDIR) code = ErrorCode::not_found;
  return Error(code, fmt::format("{}: {}", what, std::generic_category().message(errno_value)));
}

Result<UniqueFd> open_for_reading(const fs::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return path_error("read", path, errno);
  return fd;
}

Result<UniqueFd> nameless_file(const fs::path& folder, unsigned mode) {
  UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode));
  if (fd) return fd;
  if (errno != EOPNOTSUPP && errno != EISDIR) return path_error("write into", folder, errno);
  const fs::path name = folder / fmt::format(".mkt-{}", random_hex(6));
  fd.reset(::open(name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, mode));
  if (!fd) return path_error("write into", folder, errno);
  ::unlink(name.c_str());
  return fd;
}

Result<fs::path> temporary_folder() {
  std::error_code error;
  fs::path folder = fs::temp_directory_path(error);
  if (!error) return folder;
  return system_error("cannot use the folder for temporary files, which TMPDIR names",
                      error.value());
}

Result<UniqueFd> create_file(const fs::path& path, unsigned mode) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd) return path_error("create", path, errno);
  if (::fchmod(fd.get(), mode) != 0) return path_error("set the mode of", path, errno);
  return fd;
}

Status write_all(int fd, std::span<const std::uint8_t> bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return system_error(fmt::format("cannot write {}", name), errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<std::size_t> read_at(int fd, std::span<std::uint8_t> into, std::uint64_t offset,
                            std::string_view name) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t n =
        ::pread(fd, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
    if (n < 0) {
      if (errno == EINTR) continue;
      return system_error(fmt::format("cannot read {}", name), errno);
    }
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

Result<std::uint64_t> file_size(int fd, std::string_view name) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return system_error(fmt::format("cannot read {}", name), errno);
  if (!S_ISREG(info.st_mode)) {
    return Error(ErrorCode::invalid_input, fmt::format("{} is not a plain file", name));
  }
  return static_cast<std::uint64_t>(info.st_size);
}

Result<std::string> read_file(const fs::path& path, std::uint64_t limit) {
  // Or a pipe that nobody writes to would be waited for.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return path_error("read", path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) == 0 && S_ISFIFO(info.st_mode)) {
    return Error(ErrorCode::invalid_input,
                 fmt::format("{} is a pipe; a file is needed", printable(path.string())));
  }
  MKT_TRY(const std::uint64_t size, file_size(fd.get(), printable(path.string())));
  if (size > limit) {
    return Error(ErrorCode::invalid_input, fmt::format("{} has {} bytes; at most {} are allowed",
                                                       printable(path.string()), size, limit));
  }
  std::string content(size, '\0');
  MKT_TRY(const std::size_t n,
          read_at(fd.get(), {reinterpret_cast<std::uint8_t*>(content.data()), content.size()}, 0,
                  printable(path.string())));
  content.resize(n);
  return content;
}

Status write_file_atomically(const fs::path& path, std::string_view content, unsigned mode) {
  const fs::path folder = folder_of(path);
  const fs::path temporary =
      folder / fmt::format(".{}.{}", path.filename().string(), random_hex(6));
  const auto give_up = [&](Error error) {
    ::unlink(temporary.c_str());
    return error;
  };
  {
    MKT_TRY(UniqueFd fd, create_file(temporary, mode));
    if (Status written = write_all(fd.get(), as_bytes(content), printable(path.string()));
        !written) {
      return give_up(written.error());
    }
    if (::fsync(fd.get()) != 0) return give_up(path_error("write", path, errno));
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    return give_up(path_error("write", path, errno));
  }
  return sync_folder(folder);
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

Status sync_file_system(const fs::path& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return path_error("open", folder, errno);
  if (::syncfs(fd.get()) != 0) return path_error("write", folder, errno);
  return {};
}

Status sync_folder(const fs::path& folder) {
  UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return path_error("open", folder, errno);
  if (::fsync(fd.get()) != 0) return path_error("write", folder, errno);
  return {};
}

Status make_folders(const fs::path& folder, unsigned mode) {
  if (folder.empty()) return {};
  struct stat info {};
  if (::stat(folder.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return {};
    return path_error("make the folder", folder, ENOTDIR);
  }
  if (folder.has_parent_path() && folder.parent_path() != folder) {
    MKT_CHECK(make_folders(folder.parent_path(), mode));
  }
  if (::mkdir(folder.c_str(), mode) != 0 && errno != EEXIST) {
    return path_error("make the folder", folder, errno);
  }
  return {};
}

namespace {

bool is_at(const fs::path& path, int fd) {
  struct stat named {};
  struct stat opened {};
  return ::lstat(path.c_str(), &named) == 0 && ::fstat(fd, &opened) == 0 &&
         named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

}  // namespace

Result<TemporaryFolder> TemporaryFolder::create(const fs::path& parent, std::string_view prefix) {
  constexpr int kTries = 100;
  fs::path path;
  for (int i = 0; i < kTries; ++i) {
    path = parent / fmt::format("{}{}", prefix, random_hex(8));
    if (::mkdir(path.c_str(), 0700) != 0) return path_error("make the folder", path, errno);
    UniqueFd lock(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0 && is_at(path, lock.get())) {
      return TemporaryFolder(std::move(path), std::move(lock));
    }
    // Before it was locked, another process took it for abandoned, and removes it or has removed
    // it.
  }
  return path_error("lock the folder", path, errno);
}

void TemporaryFolder::remove_abandoned(const fs::path& parent, std::string_view prefix) {
  std::error_code ignored;  // a failed clean-up is no reason to fail
  for (fs::directory_iterator it(parent, ignored), end; !ignored && it != end;
       it.increment(ignored)) {
    if (!it->path().filename().string().starts_with(prefix)) continue;
    const UniqueFd folder(
        ::open(it->path().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    std::error_code removing;
    if (folder && ::flock(folder.get(), LOCK_EX | LOCK_NB) == 0) {
      fs::remove_all(it->path(), removing);
    }
  }
}

TemporaryFolder::~TemporaryFolder() {
  if (path_.empty()) return;
  std::error_code ignored;  // a leftover temporary folder is no reason to fail
  fs::remove_all(path_, ignored);
}

}  // namespace mkt
