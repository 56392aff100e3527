// BlobStore: tarballs by their SHA-256.
//
// An upload is written to this machine's disk and hashed as it comes. `place` makes it durable
// under its checksum; only then may a row that names it commit, and after that `keep` says so. An
// upload that goes without `keep` leaves nothing that no row names. A blob's bytes never change.
//
// Thread-safe; one upload belongs to one thread. The caller decides whether a blob is referenced;
// nothing here knows the database.
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

// One upload; removed with everything it wrote unless `keep` was called.
class BlobUpload {
 public:
  // For a BlobStore: a file of the store's that is to be written, and goes with the upload.
  BlobUpload(BlobStore* store, UniqueFd fd, std::filesystem::path path);
  BlobUpload(BlobUpload&& other) noexcept;
  BlobUpload& operator=(BlobUpload&&) = delete;
  BlobUpload(const BlobUpload&) = delete;
  ~BlobUpload();

  Status write(std::span<const std::uint8_t> bytes);
  // Ends writing: all bytes are in the file, their checksum is known.
  Status finish();

  const Checksum& checksum() const { return *checksum_; }
  std::uint64_t size() const { return size_; }
  int fd() const { return fd_.get(); }
  const std::filesystem::path& path() const { return path_; }

  // Makes the bytes durable under their checksum.
  Status place();
  // After the row that names them has committed.
  void keep();

  // For a BlobStore: the file has another name now.
  void moved_to(std::filesystem::path path) { path_ = std::move(path); }
  // And what it has placed it must be told of: kept or abandoned.
  void placed() { placed_ = true; }

 private:
  BlobStore* store_;
  UniqueFd fd_;
  std::filesystem::path path_;  // empty once it was kept or moved from
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
  // What became of an upload that was placed: the row that names it committed, or did not.
  virtual void kept(const Checksum& checksum) = 0;
  virtual void abandoned(const Checksum& checksum) = 0;
};

}  // namespace mkt
