// Whether a store of tarballs does what S3 must: an object that is put can be read; bytes with
// another SHA-256 than was said are refused and not kept; and so is a wrong key. A store that takes
// anything would one day keep a damaged tarball, or give them away.
#pragma once

#include "common/base/result.h"
#include "common/reliability/breaker_registry.h"
#include "daemon/blobs/s3_client.h"

namespace mkt {

// storage_failed, with what is wrong, and the errors of s3_client.h. Puts two small objects beside
// the blobs, and removes them.
Status probe_s3(const S3Url& url, const S3Credentials& credentials, const S3Options& options = {},
                BreakerRegistry& breakers = process_breakers());

}  // namespace mkt
