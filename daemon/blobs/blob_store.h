// BlobStore: stores tarballs by their SHA-256.
//
// An upload is written to this machine's disk and hashed as it arrives. `place` makes it durable
// under its checksum. Only then may a row that names it commit; after that, call `keep`. An upload
// destroyed without `keep` removes everything that no row names. A blob's bytes never change.
//
// Thread-safe, but only one thread may use an upload. The caller decides whether a blob is
// referenced; nothing here knows the database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "common/base/files.h"
#include "common/base/result.h"
#include "common/connector/checksum.h"

namespace mkt {

class BlobStore;

// One upload. Its destructor removes everything that it wrote, unless `keep` was called.
class BlobUpload {
 public:
  // For a BlobStore: an open file of the store, which is removed with the upload.
  BlobUpload(BlobStore* store, UniqueFd fd, std::filesystem::path path);
  BlobUpload(BlobUpload&& other) noexcept;
  BlobUpload& operator=(BlobUpload&&) = delete;
  BlobUpload(const BlobUpload&) = delete;
  ~BlobUpload();

  Status write(std::span<const std::uint8_t> bytes);
  // Ends the writing: all bytes are in the file, and their checksum is known.
  Status finish();

  const Checksum& checksum() const { return *checksum_; }
  std::uint64_t size() const { return size_; }
  int fd() const { return fd_.get(); }
  const std::filesystem::path& path() const { return path_; }

  // Makes the bytes durable under their checksum.
  Status place();
  // Call this after the row that names the bytes has committed.
  void keep();

  // For a BlobStore: the file has another name now.
  void moved_to(std::filesystem::path path) { path_ = std::move(path); }
  // For a BlobStore: the bytes are placed, so the store must be told `kept` or `abandoned`.
  void placed() { placed_ = true; }

 private:
  BlobStore* store_;
  UniqueFd fd_;
  std::filesystem::path path_;  // empty after `keep` or a move
  Hasher hasher_;
  std::optional<Checksum> checksum_;
  std::uint64_t size_ = 0;
  bool placed_ = false;
};

class BlobStore {
 public:
  virtual ~BlobStore() = default;

  virtual Result<BlobUpload> begin_upload() = 0;
  // data_damaged when the blob is missing or has another size than the catalog says.
  virtual Result<UniqueFd> open_blob(const Checksum& checksum, std::uint64_t size) const = 0;

 protected:
  friend class BlobUpload;
  virtual Status place(BlobUpload& upload) = 0;
  // The end of a placed upload: the row that names it has committed, or has not.
  virtual void kept(const Checksum& checksum) = 0;
  virtual void abandoned(const Checksum& checksum) = 0;
};

}  // namespace mkt
