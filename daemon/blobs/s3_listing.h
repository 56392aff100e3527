// One page of ListObjectsV2's answer, and what else S3 says in XML.
//
// Reference: docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html and
// ErrorResponses.html. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/base/utc_time.h"

namespace mkt {

struct S3Object {
  std::string name;
  std::uint64_t size = 0;
  UtcTime modified{};  // when it was last put
};

struct S3Page {
  std::vector<S3Object> objects;  // by name
  bool more = false;              // after the last of them
};

// storage_failed for anything but a listing.
Result<S3Page> parse_s3_listing(std::string_view xml);

// The word of an error's answer, such as "NoSuchKey"; empty where the body is none.
std::string s3_error_word(std::string_view xml);

}  // namespace mkt
