// For the order of the steps, see file_blobs.h.
#include "daemon/blobs/file_blobs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "common/base/encoding.h"
#include "common/base/turns.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kFolderMode = 0700;
// A page of a listing ends with the folder that brings it to this many blobs.
constexpr std::size_t kFullPage = 1000;

// nullopt where no such file is there.
std::optional<StoredBlob> look_at_blob(const fs::path& path, const Checksum& checksum) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  const auto changed =
      std::chrono::seconds(info.st_mtim.tv_sec) + std::chrono::nanoseconds(info.st_mtim.tv_nsec);
  return StoredBlob{checksum, static_cast<std::uint64_t>(info.st_size),
                    UtcTime(std::chrono::duration_cast<std::chrono::milliseconds>(changed))};
}

// Adds the blobs of a folder, which need not exist, that come after `after_hex`.
Status list_folder(const fs::path& folder, const std::string& after_hex,
                   std::vector<StoredBlob>& into) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().filename().string();
    if (name > after_hex) names.push_back(std::move(name));
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return system_error(fmt::format("cannot list {}", folder.string()), error.value());
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    const auto checksum = Checksum::parse(name);
    if (!checksum || checksum->hex() != name) continue;
    if (auto blob = look_at_blob(folder / name, *checksum)) into.push_back(*blob);
  }
  return {};
}

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

Result<BlobUpload> FileBlobs::begin_upload() { return begin_upload_in(incoming()); }

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
    if (::link(named.c_str(), target.c_str()) != 0) {
      if (errno != EEXIST) return system_error("cannot keep the upload", errno);
      ::utimensat(AT_FDCWD, target.c_str(), nullptr, 0);  // placed again just now
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
  auto fd = open_for_reading(final_path(checksum));
  if (!fd) return fd.error().code == ErrorCode::not_found ? lost_blob(checksum) : fd.error();
  MKT_TRY(const std::uint64_t actual, file_size(fd->get(), "the tarball"));
  if (actual != size) return lost_blob(checksum);
  return std::move(*fd);
}

Result<BlobPage> FileBlobs::list(const std::optional<Checksum>& after) const {
  const std::string after_hex = after ? after->hex() : "";
  BlobPage page;
  for (unsigned first = after ? after->bytes().front() : 0; first <= 0xff; ++first) {
    if (page.blobs.size() >= kFullPage) {
      page.more = true;
      break;
    }
    MKT_CHECK(list_folder(folder_ / fmt::format("{:02x}", first), after_hex, page.blobs));
  }
  return page;
}

Result<bool> FileBlobs::remove_blob(const Checksum& checksum, UtcTime not_newer_than,
                                    const MayGoOn& may_go_on) {
  const fs::path path = final_path(checksum);
  // No upload is placed between the look and the removal. One that was placed is counted until its
  // row has committed, so one of the two looks sees it.
  const std::lock_guard lock(mutex_);
  const auto found = look_at_blob(path, checksum);
  if (!found || found->placed_at > not_newer_than || placed_.contains(checksum.hex())) return false;
  MKT_TRY(const bool referenced, is_referenced_(checksum));
  if (referenced) return false;
  if (!may_go_on()) return may_not_remove();
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return system_error("cannot remove a tarball", errno);
  }
  return true;
}

}  // namespace mkt
