#include "daemon/ops/shared_place.h"

#include "daemon/ops/tarball_copy.h"

namespace mkt {
namespace {

constexpr std::string_view kBucketFolder = "mktd-tarballs-";
// Each tarball is read once.
constexpr std::uint64_t kMostKeptBytes = 256 * 1024 * 1024;

}  // namespace

Result<SharedPlace> SharedPlace::parse(const std::string& database, const std::string& blobs) {
  if (database.empty() || blobs.empty()) {
    return Error(ErrorCode::usage_error,
                 "a database and its tarballs go together: name both, postgresql://… and "
                 "--blobs s3://…");
  }
  MKT_TRY(auto target, postgres::PgTarget::parse(database));
  MKT_TRY(auto url, S3Url::parse(blobs));
  MKT_TRY(auto credentials, S3Credentials::from_environment());
  return SharedPlace{std::move(target), std::move(url), std::move(credentials)};
}

Result<OpenBucket> SharedPlace::open_bucket() const {
  const std::filesystem::path parent = std::filesystem::temp_directory_path();
  TemporaryFolder::remove_abandoned(parent, kBucketFolder);
  MKT_TRY(auto folder, TemporaryFolder::create(parent, kBucketFolder));
  BlobCacheBounds bounds;
  bounds.most_bytes = kMostKeptBytes;
  bounds.most_fills = bounds.most_waiting = kCopiedAtOnce;
  MKT_TRY(auto blobs,
          S3Blobs::open(std::make_unique<S3Client>(url, credentials), folder.path(), bounds));
  MKT_CHECK(blobs->list(std::nullopt));
  return OpenBucket{std::move(folder), std::move(blobs)};
}

}  // namespace mkt
