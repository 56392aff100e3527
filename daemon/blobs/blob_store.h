// BlobStore: stores tarballs by their SHA-256.
//
// An upload is written to this machine's disk and hashed as it arrives. `place` makes it durable
// under its checksum. Only then may a row that names it commit; after that, call `keep`. An upload
// destroyed without `keep` removes its file, and what it placed where the store can know that no
// row names it; elsewhere the blob stays until somebody removes it by its age. A blob's bytes never
// change. Every `place` renews its age, also where the blob exists.
//
// Thread-safe, but only one thread may use an upload. The caller decides whether a blob is
// referenced; nothing here knows the database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "common/base/files.h"
#include "common/base/result.h"
#include "common/base/utc_time.h"
#include "common/connector/checksum.h"

namespace mkt {

class BlobCache;
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

// A blob as the store has it.
struct StoredBlob {
  Checksum checksum;
  std::uint64_t size = 0;
  UtcTime placed_at{};  // when it was last placed; a store may know it to the second only
};

struct BlobPage {
  std::vector<StoredBlob> blobs;  // by checksum
  bool more = false;              // after the last of them
};

// Whoever was removing a blob must not go on.
Error may_not_remove();

// data_damaged: the catalog names a blob that is not there, or not as it was.
Error lost_blob(const Checksum& checksum);

class BlobStore {
 public:
  virtual ~BlobStore() = default;

  virtual Result<BlobUpload> begin_upload() = 0;
  // data_damaged when the blob is missing or has another size than the catalog says. Use the file
  // by positions (pread, sendfile): it stays whole, also where the blob is removed meanwhile.
  virtual Result<UniqueFd> open_blob(const Checksum& checksum, std::uint64_t size) const = 0;

  // Where it keeps copies of what is elsewhere; null where it has none. Lives as long as the store.
  virtual const BlobCache* cache() const { return nullptr; }

  // One page of what is placed, after that blob; nullopt: from the first.
  virtual Result<BlobPage> list(const std::optional<Checksum>& after) const = 0;
  // Removes a blob unless it was placed after that time, or may have been, where the store knows
  // seconds only. False where it stays or was not there.
  // Where several processes place, another one may place the same bytes between the look and the
  // removal: whoever removes must keep the row that names them from committing. `may_go_on` is asked between the two; overloaded
  // where it says no.
  using MayGoOn = std::function<bool()>;
  Result<bool> remove(
      const Checksum& checksum, UtcTime not_newer_than,
      const MayGoOn& may_go_on = [] { return true; }) {
    return remove_blob(checksum, not_newer_than, may_go_on);
  }

 protected:
  friend class BlobUpload;
  virtual Status place(BlobUpload& upload) = 0;
  virtual Result<bool> remove_blob(const Checksum& checksum, UtcTime not_newer_than,
                                   const MayGoOn& may_go_on) = 0;
  // The end of a placed upload: the row that names it has committed, or has not.
  virtual void kept(const Checksum& checksum) = 0;
  virtual void abandoned(const Checksum& checksum) = 0;

  // An upload into a new file of that folder.
  Result<BlobUpload> begin_upload_in(const std::filesystem::path& folder);
};

}  // namespace mkt
