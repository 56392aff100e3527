#include "daemon/blobs/blob_store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "common/base/encoding.h"

namespace mkt {

BlobUpload::BlobUpload(BlobStore* store, UniqueFd fd, std::filesystem::path path)
    : store_(store), fd_(std::move(fd)), path_(std::move(path)) {}

BlobUpload::BlobUpload(BlobUpload&& other) noexcept
    : store_(other.store_),
      fd_(std::move(other.fd_)),
      path_(std::exchange(other.path_, {})),
      hasher_(std::move(other.hasher_)),
      checksum_(other.checksum_),
      size_(other.size_),
      placed_(std::exchange(other.placed_, false)) {}

BlobUpload::~BlobUpload() {
  if (path_.empty()) return;
  if (placed_) store_->abandoned(*checksum_);
  ::unlink(path_.c_str());
}

Status BlobUpload::write(std::span<const std::uint8_t> bytes) {
  hasher_.update(bytes);
  size_ += bytes.size();
  return write_all(fd_.get(), bytes, "the upload");
}

Status BlobUpload::finish() {
  checksum_ = hasher_.finish();
  return {};
}

Status BlobUpload::place() { return store_->place(*this); }

void BlobUpload::keep() {
  if (placed_) store_->kept(*checksum_);
  placed_ = false;
  ::unlink(path_.c_str());
  path_.clear();
}

Error may_not_remove() {
  return Error(ErrorCode::overloaded, "somebody else removes tarballs now");
}

Error lost_blob(const Checksum& checksum) {
  return Error(ErrorCode::data_damaged,
               fmt::format("the registry has lost or damaged the tarball {}", checksum.text()));
}

Result<BlobUpload> BlobStore::begin_upload_in(const std::filesystem::path& folder) {
  std::filesystem::path path = folder / fmt::format("upload-{}", random_hex(8));
  MKT_TRY(UniqueFd fd, create_file(path, 0600));
  return BlobUpload(this, std::move(fd), std::move(path));
}

}  // namespace mkt
