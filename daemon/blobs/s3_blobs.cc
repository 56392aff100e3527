#include "daemon/blobs/s3_blobs.h"

#include <fmt/format.h>

#include <system_error>

#include "common/base/in_progress.h"
#include "common/base/long_wait.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kS3FolderMode = 0700;
// HEAD tells the time in whole seconds, rounded down.
constexpr std::chrono::milliseconds kAgeIsKnownTo{999};

constexpr std::chrono::milliseconds kComeBackToPlace{1000};

}  // namespace

S3Blobs::S3Blobs(std::unique_ptr<S3Client> client, fs::path incoming)
    : client_(std::move(client)), incoming_(std::move(incoming)) {}

Result<std::unique_ptr<S3Blobs>> S3Blobs::open(std::unique_ptr<S3Client> client,
                                               const fs::path& folder,
                                               const BlobCacheBounds& bounds) {
  std::unique_ptr<S3Blobs> blobs(new S3Blobs(std::move(client), folder / "incoming"));
  std::error_code ignored;
  fs::remove_all(blobs->incoming_, ignored);
  MKT_CHECK(make_folders(blobs->incoming_, kS3FolderMode));
  const auto fetch = [b = blobs.get()](const Checksum& checksum, std::uint64_t size,
                                       const BlobCache::Sink& sink) {
    return b->client_->get(b->name_of(checksum), size, sink);
  };
  MKT_TRY(blobs->cache_, BlobCache::open(folder / "cache", bounds, fetch));
  return blobs;
}

std::string S3Blobs::folder_of_blobs() const {
  const std::string& prefix = client_->url().prefix;
  return prefix.empty() ? "blobs/" : prefix + "/blobs/";
}

std::string S3Blobs::name_of(const Checksum& checksum) const {
  const std::string hex = checksum.hex();
  return fmt::format("{}{}/{}", folder_of_blobs(), hex.substr(0, 2), hex);
}

Result<BlobUpload> S3Blobs::begin_upload() { return begin_upload_in(incoming_); }

Status S3Blobs::place(BlobUpload& upload) {
  const InProgress placing(placing_);
  if (placing.count() > kMostPlacing) {
    Error error(ErrorCode::overloaded,
                "too many tarballs are on their way to the registry's store");
    error.retry_after = kComeBackToPlace;
    return error;
  }
  const LongWait long_wait;
  return client_->put(name_of(upload.checksum()), upload.fd(), upload.size(), upload.checksum());
}

Result<UniqueFd> S3Blobs::open_blob(const Checksum& checksum, std::uint64_t size) const {
  return cache_->open_blob(checksum, size);
}

// Other objects in the folder are passed over, so a page of S3's may hold no blob at all.
Result<BlobPage> S3Blobs::list(const std::optional<Checksum>& after) const {
  BlobPage page;
  std::string after_name = after ? name_of(*after) : "";
  do {
    MKT_TRY(const S3Page objects, client_->list(folder_of_blobs(), after_name));
    page.more = objects.more;
    for (const S3Object& object : objects.objects) {
      const auto checksum = Checksum::parse(object.name.substr(object.name.rfind('/') + 1));
      if (!checksum || name_of(*checksum) != object.name) continue;
      page.blobs.push_back({*checksum, object.size, object.modified});
    }
    if (page.more) after_name = objects.objects.back().name;
  } while (page.more && page.blobs.empty());
  return page;
}

Result<bool> S3Blobs::remove_blob(const Checksum& checksum, UtcTime not_newer_than,
                                  const MayGoOn& may_go_on) {
  const auto object = client_->head(name_of(checksum));
  if (!object && object.error().code == ErrorCode::not_found) return false;
  if (!object) return object.error();
  if (object->modified + kAgeIsKnownTo > not_newer_than) return false;
  if (!may_go_on()) return may_not_remove();
  MKT_CHECK(client_->remove(name_of(checksum)));
  cache_->forget(checksum);
  return true;
}

}  // namespace mkt
