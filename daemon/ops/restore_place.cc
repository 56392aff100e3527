#include "daemon/ops/restore_place.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/base/utf8.h"
#include "daemon/ops/folder_tarballs.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStaging = ".mktd-restore-";
constexpr std::string_view kOfFileSystem = "lost+found";

std::string shown(const fs::path& path) { return printable(path.string()); }

// lost+found does not count: each new file system has it.
Result<bool> is_empty_folder(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().filename() != kOfFileSystem) return false;
  }
  if (error) return system_error(fmt::format("cannot look into {}", shown(folder)), error.value());
  return true;
}

// Replaces nothing, where the file system can do that.
Status move(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  if ((errno == EINVAL || errno == ENOSYS) && ::rename(from.c_str(), to.c_str()) == 0) return {};
  return system_error(fmt::format("cannot make {}", shown(to)), errno);
}

}  // namespace

Result<RestorePlace> RestorePlace::open(const fs::path& wanted) {
  fs::path data = wanted.has_filename() ? wanted : wanted.parent_path();
  std::error_code error;
  const bool is_there = fs::exists(data, error);
  if (is_there) {
    data = fs::canonical(data, error);
    if (!error && !fs::is_directory(data, error)) {
      return Error(ErrorCode::target_exists, fmt::format("{} is no folder", shown(wanted)));
    }
    TemporaryFolder::remove_abandoned(data, kStaging);
    MKT_TRY(const bool is_empty, is_empty_folder(data));
    if (!is_empty) {
      return Error(ErrorCode::target_exists,
                   fmt::format("{} is not empty; a backup is restored into a folder of its own",
                               shown(wanted)));
    }
  } else {
    MKT_CHECK(make_folders(folder_of(data), 0700));
  }
  MKT_TRY(TemporaryFolder staging,
          TemporaryFolder::create(is_there ? data : folder_of(data), kStaging));
  UniqueFd inside(::open(staging.path().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!inside || ::fstat(inside.get(), &info) != 0) {
    return system_error(fmt::format("cannot open {}", shown(staging.path())), errno);
  }
  if (info.st_uid != ::geteuid()) {
    return Error(ErrorCode::io_error,
                 fmt::format("somebody changes {} meanwhile", shown(staging.path())));
  }
  return RestorePlace(std::move(data), is_there, std::move(staging), std::move(inside));
}

fs::path RestorePlace::unfinished() const {
  return fmt::format("/proc/self/fd/{}/data", inside_.get());
}

Status RestorePlace::take() const {
  if (is_there_) return fill();
  MKT_CHECK(move(unfinished(), data_));
  return sync_folder(folder_of(data_));
}

Status RestorePlace::fill() const {
  const fs::path blobs = unfinished() / "blobs";
  MKT_CHECK(give_to_owner());
  MKT_CHECK(move(blobs, data_ / "blobs"));
  MKT_CHECK(sync_folder(data_));
  Status filled = move(unfinished() / kDatabaseName, data_ / kDatabaseName);
  if (!filled) {
    // Leave the folder empty again. Where that fails too, the error says so.
    if (const Status back = move(data_ / "blobs", blobs); !back) {
      return filled.error().context(back.error().message);
    }
    return filled;
  }
  return sync_folder(data_);
}

Status RestorePlace::give_to_owner() const {
  struct stat owner {};
  if (::stat(data_.c_str(), &owner) != 0) {
    return system_error(fmt::format("cannot look at {}", shown(data_)), errno);
  }
  if (::geteuid() != 0 || owner.st_uid == 0) return {};
  std::error_code error;
  for (fs::recursive_directory_iterator it(unfinished(), error), end; !error && it != end;
       it.increment(error)) {
    if (::lchown(it->path().c_str(), owner.st_uid, owner.st_gid) == 0) continue;
    return system_error(fmt::format("cannot give {} to the folder's owner", shown(it->path())),
                        errno);
  }
  if (error) return system_error("cannot list what was restored", error.value());
  return {};
}

}  // namespace mkt
