// DataFolder: the daemon's folder on disk; one daemon uses it at a time.
//
//   <data>/LOCK            locked by flock while the daemon runs; contains its pid
//   <data>/mktd.db         the database (and -wal, -shm)
//   <data>/blobs/ab/<hex>  tarballs, named by their SHA-256
//   <data>/blobs/incoming  unfinished uploads; emptied at start
//   <data>/admin.token     the first admin's token, mode 0600
//   <data>/mktd.url        the URL of the daemon
//   <data>/MOVED           where the marketplace was moved to; nobody may use the folder any more
#pragma once

#include <filesystem>
#include <string>

#include "common/base/files.h"
#include "common/base/result.h"

namespace mkt {

class DataFolder {
 public:
  // Creates the folder where it is missing. Makes it and the database private to their owner: modes
  // 0700 and 0600. data_locked, with the other daemon's pid, when it is in use. usage_error when it
  // belongs to another user, when others may write to it, or when LOCK is a link. data_moved when
  // its marketplace is elsewhere now.
  static Result<DataFolder> open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path database() const { return path_ / "mktd.db"; }
  std::filesystem::path blobs() const { return path_ / "blobs"; }
  std::filesystem::path admin_token() const { return path_ / "admin.token"; }
  std::filesystem::path url() const { return path_ / "mktd.url"; }

  // Writes what MOVED will say, without effect yet. The first line of the text says where the
  // marketplace is.
  Status write_mark(const std::string& text) const;
  // From now on `open` refuses the folder. Needs no more room.
  Status mark_moved() const;
  // data_moved where it is marked, with that line.
  static Status check_not_moved(const std::filesystem::path& path);

 private:
  DataFolder(std::filesystem::path path, UniqueFd lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  std::filesystem::path path_;
  UniqueFd lock_;
};

}  // namespace mkt
