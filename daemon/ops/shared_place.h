// SharedPlace: where several daemons share a marketplace, for operations that are no daemon.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "common/base/files.h"
#include "common/base/result.h"
#include "daemon/blobs/s3_blobs.h"
#include "daemon/blobs/s3_credentials.h"
#include "daemon/blobs/s3_url.h"
#include "daemon/store/postgres/pg_target.h"

namespace mkt {

// The tarballs of a bucket, with a folder of their own for what is on its way.
struct OpenBucket {
  TemporaryFolder folder;
  std::unique_ptr<S3Blobs> blobs;
};

// What an operation is doing, in words for people.
using Progress = std::function<void(const std::string&)>;

struct SharedPlace {
  postgres::PgTarget database;
  S3Url url;
  S3Credentials credentials;

  // usage_error or invalid_input; neither shows what a URL holds. The key is that of the
  // environment.
  static Result<SharedPlace> parse(const std::string& database, const std::string& blobs);
  // storage_failed where the bucket is not there, or the key is wrong.
  Result<OpenBucket> open_bucket() const;
};

}  // namespace mkt
