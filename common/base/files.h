// Files and folders through the system's own calls, with errors as values.
//
// A UniqueFd owns every descriptor, and all are opened close-on-exec. Messages name the path and
// the system's reason. A full disk is ErrorCode::storage_full, a missing file not_found, everything
// else io_error. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/result.h"

namespace mkt {

// Owns a file descriptor; its destructor closes it.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

// The error for this value of errno; the message begins "cannot <what>".
Error system_error(std::string_view what, int errno_value);

Result<UniqueFd> open_for_reading(const std::filesystem::path& path);

// A file in that folder without a name, for reading and writing: nothing is left of it, however the
// process ends. On a file system that has none, it has a name for a moment.
Result<UniqueFd> nameless_file(const std::filesystem::path& folder, unsigned mode);

// Where temporary files belong: $TMPDIR, or /tmp. An error where that is no folder.
Result<std::filesystem::path> temporary_folder();

// Creates a file that must not exist yet. The umask does not change `mode`.
Result<UniqueFd> create_file(const std::filesystem::path& path, unsigned mode);

Status write_all(int fd, std::span<const std::uint8_t> bytes, std::string_view name);

// Reads from `offset` until `into` is full or the file ends; returns the number of bytes.
Result<std::size_t> read_at(int fd, std::span<std::uint8_t> into, std::uint64_t offset,
                            std::string_view name);

Result<std::uint64_t> file_size(int fd, std::string_view name);

// The whole file; an error when it is larger than `limit` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit);

// Replaces `path` by a complete, synced file of that mode, or leaves it as it was: writes a
// temporary file in the same folder, syncs it, renames it, and syncs the folder.
Status write_file_atomically(const std::filesystem::path& path, std::string_view content,
                             unsigned mode);

// The folder that holds `path`; "." where the path names none.
std::filesystem::path folder_of(const std::filesystem::path& path);

Status sync_folder(const std::filesystem::path& folder);
// Syncs all files below the folder and their names, with one call instead of one for each: with
// everything else on its file system.
Status sync_file_system(const std::filesystem::path& folder);

// Like `mkdir -p`, with `mode` for each folder it makes.
Status make_folders(const std::filesystem::path& folder, unsigned mode);

// A new folder below `parent` for this process alone. The destructor removes it with everything in
// it unless `keep` was called. It is locked while the process lives; so remove_abandoned can tell
// the folders of killed processes from those in use.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> create(const std::filesystem::path& parent,
                                        std::string_view prefix);
  // Removes the folders with that prefix whose process is gone.
  static void remove_abandoned(const std::filesystem::path& parent, std::string_view prefix);

  TemporaryFolder(TemporaryFolder&& other) noexcept
      : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  TemporaryFolder(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  const std::filesystem::path& path() const { return path_; }
  void keep() { path_.clear(); }

 private:
  TemporaryFolder(std::filesystem::path path, UniqueFd lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  std::filesystem::path path_;
  UniqueFd lock_;
};

}  // namespace mkt
