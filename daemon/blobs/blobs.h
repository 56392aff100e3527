// BlobStore: tarballs as files named by their SHA-256.
//
// An upload is written to a temporary file in `incoming`, synced, renamed to `incoming/<hex>.<n>`
// and linked to its final name, whose folder is synced; only then may a row that names it commit.
// The name in `incoming` goes last: what a crash leaves there tells the next start which final
// names may lack their row. A final name is never written to again.
//
// Thread-safe. The caller decides whether a blob is referenced; nothing here knows the database.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "common/base/files.h"
#include "common/base/result.h"
#include "common/connector/checksum.h"

namespace mkt {

class BlobStore;

// One upload; removed with everything it wrote unless `keep` was called.
class BlobUpload {
 public:
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

  // Makes the bytes durable under their final name.
  Status place();
  // After the row that names them has committed.
  void keep();

 private:
  friend class BlobStore;
  BlobUpload(BlobStore* store, UniqueFd fd, std::filesystem::path path);

  BlobStore* store_;
  UniqueFd fd_;
  std::filesystem::path path_;  // in incoming
  Hasher hasher_;
  std::optional<Checksum> checksum_;
  std::uint64_t size_ = 0;
  bool placed_ = false;
};

class BlobStore {
 public:
  using IsReferenced = std::function<Result<bool>(const Checksum&)>;

  // Makes the folders where missing and removes what uploads before a crash left behind.
  static Result<std::unique_ptr<BlobStore>> open(const std::filesystem::path& folder,
                                                 IsReferenced is_referenced);

  Result<BlobUpload> begin_upload();
  // data_damaged when the file is missing or has another size than the catalog says.
  Result<UniqueFd> open_blob(const Checksum& checksum, std::uint64_t size) const;

 private:
  friend class BlobUpload;
  BlobStore(std::filesystem::path folder, IsReferenced is_referenced)
      : folder_(std::move(folder)), is_referenced_(std::move(is_referenced)) {}

  std::filesystem::path final_path(const Checksum& checksum) const;
  std::filesystem::path incoming() const { return folder_ / "incoming"; }
  Status remove_leftovers();
  Status place(BlobUpload& upload);
  void abandon(const Checksum& checksum);

  std::filesystem::path folder_;
  IsReferenced is_referenced_;
  std::mutex mutex_;
  std::map<std::string, int> placed_;  // by hex: uploads between place and keep; guarded by mutex_
};

}  // namespace mkt
