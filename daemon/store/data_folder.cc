// Opening and locking the data folder; see data_folder.h.
#include "daemon/store/data_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/base/encoding.h"

namespace mkt {

Result<DataFolder> DataFolder::open(const std::filesystem::path& path) {
  MKT_CHECK(make_folders(path, 0700));
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return system_error(fmt::format("cannot read {}", path.string()), errno);
  }
  if ((info.st_mode & 022) != 0) {
    return Error(ErrorCode::usage_error,
                 fmt::format("others may write into the data folder {} (mode {:04o}); make it "
                             "yours alone: chmod 700 {}",
                             path.string(), info.st_mode & 07777, path.string()));
  }
  const std::filesystem::path lock_path = path / "LOCK";
  UniqueFd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return system_error(fmt::format("cannot open {}", lock_path.string()), errno);
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
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(lock.get(), 0) != 0) {
    return system_error(fmt::format("cannot write {}", lock_path.string()), errno);
  }
  MKT_CHECK(write_all(lock.get(), as_bytes(pid), lock_path.string()));
  return DataFolder(path, std::move(lock));
}

}  // namespace mkt
