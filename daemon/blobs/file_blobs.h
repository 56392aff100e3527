// FileBlobs: the BlobStore on one machine; tarballs are files named by their SHA-256.
//
// An upload is written to a temporary file in `incoming`, synced, renamed to `incoming/<hex>.<n>`,
// linked to its final name, and the folder of that name is synced. Only then may a row that names
// it commit. The name in `incoming` is removed last: what a crash leaves there tells the next start
// which final names may have no row. A file with a final name is never written again; its time of
// change is when it was last placed.
//
// `remove` takes no file that a row names, or that an upload has placed whose row may yet commit.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "daemon/blobs/blob_store.h"

namespace mkt {

class FileBlobs : public BlobStore {
 public:
  using IsReferenced = std::function<Result<bool>(const Checksum&)>;

  // Creates missing folders and removes what unfinished uploads left at a crash.
  static Result<std::unique_ptr<FileBlobs>> open(const std::filesystem::path& folder,
                                                 IsReferenced is_referenced);

  Result<BlobUpload> begin_upload() override;
  Result<UniqueFd> open_blob(const Checksum& checksum, std::uint64_t size) const override;
  // A page is at least one folder of files, those whose checksums begin with the same two digits.
  Result<BlobPage> list(const std::optional<Checksum>& after) const override;

 private:
  FileBlobs(std::filesystem::path folder, IsReferenced is_referenced)
      : folder_(std::move(folder)), is_referenced_(std::move(is_referenced)) {}

  Status place(BlobUpload& upload) override;
  Result<bool> remove_blob(const Checksum& checksum, UtcTime not_newer_than,
                           const MayGoOn& may_go_on) override;
  void kept(const Checksum& checksum) override;
  void abandoned(const Checksum& checksum) override;

  std::filesystem::path final_path(const Checksum& checksum) const;
  std::filesystem::path incoming() const { return folder_ / "incoming"; }
  Status remove_leftovers();

  std::filesystem::path folder_;
  IsReferenced is_referenced_;
  std::mutex mutex_;
  std::map<std::string, int> placed_;  // by hex: uploads between place and keep; guarded by mutex_
};

}  // namespace mkt
