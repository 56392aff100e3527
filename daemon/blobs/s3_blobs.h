// S3Blobs: the BlobStore that several daemons share; tarballs are objects of a bucket.
//
// An upload is written to a file of this daemon's own folder, checked there, and sent by one PUT
// with its SHA-256, so that S3 refuses any other bytes. Its name is PREFIX/blobs/ab/<hex>. It is
// always sent, also where the object is there: that renews LastModified, by which old blobs without
// a row are told from those whose row is about to commit. So nothing is removed when an upload is
// given up, and a crash leaves an object that goes by its age.
//
// At most kMostPlacing uploads are sent at once, each in a LongWait, so that a slow store does not
// take the threads of all changes; further ones are `overloaded`.
//
// A blob is read through a BlobCache on this machine's disk, which hashes what comes.
//
//   FOLDER/incoming   uploads; emptied at the start
//   FOLDER/cache      blobs that were read (blob_cache.h)
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>

#include "daemon/blobs/blob_cache.h"
#include "daemon/blobs/blob_store.h"
#include "daemon/blobs/s3_client.h"

namespace mkt {

class S3Blobs : public BlobStore {
 public:
  static constexpr int kMostPlacing = 64;

  // One daemon alone uses the folder.
  static Result<std::unique_ptr<S3Blobs>> open(std::unique_ptr<S3Client> client,
                                               const std::filesystem::path& folder,
                                               const BlobCacheBounds& bounds = {});

  Result<BlobUpload> begin_upload() override;
  // Also overloaded, with retry_after, and storage_failed: those of s3_client.h and blob_cache.h.
  Result<UniqueFd> open_blob(const Checksum& checksum, std::uint64_t size) const override;
  const BlobCache* cache() const override { return cache_.get(); }
  Result<BlobPage> list(const std::optional<Checksum>& after) const override;

 private:
  S3Blobs(std::unique_ptr<S3Client> client, std::filesystem::path incoming);

  Status place(BlobUpload& upload) override;
  Result<bool> remove_blob(const Checksum& checksum, UtcTime not_newer_than,
                           const MayGoOn& may_go_on) override;
  void kept(const Checksum&) override {}
  void abandoned(const Checksum&) override {}

  std::string folder_of_blobs() const;
  std::string name_of(const Checksum& checksum) const;

  const std::unique_ptr<S3Client> client_;
  const std::filesystem::path incoming_;
  std::unique_ptr<BlobCache> cache_;
  std::atomic<int> placing_ = 0;
};

}  // namespace mkt
