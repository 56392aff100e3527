// For the order of the steps, see file_blobs.h.
#include "daemon/blobs/file_blobs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/base/encoding.h"
#include "common/base/turns.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kFolderMode = 0700;

Status sync_upload(int fd) {
  const TurnPause pause;
  if (::fsync(fd) != 0) return system_error("cannot keep the upload", errno);
  return {};
}

Status sync_names(const fs::path& folder) {
  const TurnPause pause;
  return sync_folder(folder);
}

}  // namespace

Result<std::unique_ptr<FileBlobs>> FileBlobs::open(const fs::path& folder,
                                                   IsReferenced is_referenced) {
  std::unique_ptr<FileBlobs> store(new FileBlobs(folder, std::move(is_referenced)));
  MKT_CHECK(make_folders(store->incoming(), kFolderMode));
  MKT_CHECK(store->remove_leftovers());
  return store;
}

fs::path FileBlobs::final_path(const Checksum& checksum) const {
  const std::string hex = checksum.hex();
  return folder_ / hex.substr(0, 2) / hex;
}

Status FileBlobs::remove_leftovers() {
  std::error_code error;
  for (fs::directory_iterator it(incoming(), error), end; !error && it != end;
       it.increment(error)) {
    // The daemon died when a file with such a name was linked or about to be linked.
    const std::string name = it->path().filename().string();
    if (const auto checksum = Checksum::parse(name.substr(0, name.find('.'))); checksum) {
      MKT_TRY(const bool referenced, is_referenced_(*checksum));
      if (!referenced) ::unlink(final_path(*checksum).c_str());
    }
    ::unlink(it->path().c_str());
  }
  if (error) {
    return system_error(fmt::format("cannot list {}", incoming().string()), error.value());
  }
  return {};
}

Result<BlobUpload> FileBlobs::begin_upload() {
  fs::path path = incoming() / fmt::format("upload-{}", random_hex(8));
  MKT_TRY(UniqueFd fd, create_file(path, 0600));
  return BlobUpload(this, std::move(fd), std::move(path));
}

Status FileBlobs::place(BlobUpload& upload) {
  const std::string hex = upload.checksum().hex();
  MKT_CHECK(sync_upload(upload.fd()));
  const fs::path named = incoming() / fmt::format("{}.{}", hex, random_hex(8));
  if (::rename(upload.path().c_str(), named.c_str()) != 0) {
    return system_error("cannot keep the upload", errno);
  }
  upload.moved_to(named);

  const fs::path target = final_path(upload.checksum());
  if (::mkdir(target.parent_path().c_str(), kFolderMode) == 0) {
    MKT_CHECK(sync_names(folder_));
  } else if (errno != EEXIST) {
    return system_error("cannot keep the upload", errno);
  }
  {
    // Both under one lock, so that nobody abandons the same bytes between the link and the count.
    const std::lock_guard lock(mutex_);
    if (::link(named.c_str(), target.c_str()) != 0 && errno != EEXIST) {
      return system_error("cannot keep the upload", errno);
    }
    ++placed_[hex];
    upload.placed();
  }
  return sync_names(target.parent_path());
}

void FileBlobs::kept(const Checksum& checksum) {
  const std::lock_guard lock(mutex_);
  const auto it = placed_.find(checksum.hex());
  if (--it->second == 0) placed_.erase(it);
}

// The row did not commit. Another upload of the same bytes may have succeeded or be in progress;
// the file is removed only where there is none.
void FileBlobs::abandoned(const Checksum& checksum) {
  const std::lock_guard lock(mutex_);
  const auto it = placed_.find(checksum.hex());
  if (--it->second > 0) return;
  placed_.erase(it);
  const auto referenced = is_referenced_(checksum);
  if (referenced && !*referenced) ::unlink(final_path(checksum).c_str());
}

Result<UniqueFd> FileBlobs::open_blob(const Checksum& checksum, std::uint64_t size) const {
  const Error damaged(
      ErrorCode::data_damaged,
      fmt::format("the registry has lost or damaged the tarball {}", checksum.text()));
  auto fd = open_for_reading(final_path(checksum));
  if (!fd) return fd.error().code == ErrorCode::not_found ? damaged : fd.error();
  MKT_TRY(const std::uint64_t actual, file_size(fd->get(), "the tarball"));
  if (actual != size) return damaged;
  return std::move(*fd);
}

}  // namespace mkt
