// DataFolder: the daemon's folder on disk, held by one daemon at a time.
//
//   <data>/LOCK            flock'ed for as long as the daemon runs; holds its pid
//   <data>/mktd.db         the database (and -wal, -shm)
//   <data>/blobs/ab/<hex>  tarballs, named by their SHA-256
//   <data>/blobs/incoming  uploads under way; emptied at start
//   <data>/admin.token     the first admin's token, mode 0600
//   <data>/mktd.url        where the daemon answers
#pragma once

#include <filesystem>
#include <string>

#include "common/base/files.h"
#include "common/base/result.h"

namespace mkt {

class DataFolder {
 public:
  // Makes the folder where it is missing. It and the database become their owner's alone: modes
  // 0700 and 0600. data_locked, with the other daemon's pid, when it is in use; usage_error when it
  // is another user's, others may write into it, or LOCK is a link.
  static Result<DataFolder> open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path database() const { return path_ / "mktd.db"; }
  std::filesystem::path blobs() const { return path_ / "blobs"; }
  std::filesystem::path admin_token() const { return path_ / "admin.token"; }
  std::filesystem::path url() const { return path_ / "mktd.url"; }

 private:
  DataFolder(std::filesystem::path path, UniqueFd lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  std::filesystem::path path_;
  UniqueFd lock_;
};

}  // namespace mkt
