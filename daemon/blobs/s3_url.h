// S3Url: the bucket that holds the tarballs, and where its store answers.
//
//   s3://BUCKET[/PREFIX]?endpoint=http(s)://HOST[:PORT][&region=REGION]
//
// Every object's name begins with PREFIX, so several registries may share a bucket. BUCKET is named
// as S3 wants it; PREFIX has letters, digits and "-._" between its slashes, so that no part of a
// name is ever encoded, which SigV4 and its dialects disagree about. The region is us-east-1 where
// none is given. Who signs in is no part of it (s3_credentials.h).
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace mkt {

struct S3Url {
  std::string bucket;
  std::string prefix;    // without slashes at its ends; may be empty
  std::string endpoint;  // without a slash at its end
  std::string region = "us-east-1";

  // usage_error. It never repeats the text, which may hold a password by mistake.
  static Result<S3Url> parse(std::string_view text);
  // For logs: "s3://BUCKET/PREFIX at ENDPOINT".
  std::string shown() const;
  // Where an object is, in path style; with an empty name, where the bucket is.
  std::string url_of(std::string_view object) const;
};

}  // namespace mkt
