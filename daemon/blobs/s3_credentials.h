// S3Credentials: the key that signs requests to S3, as AWS's own tools find it.
//
//   AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY [, AWS_SESSION_TOKEN]
//   AWS_SHARED_CREDENTIALS_FILE   a file that nobody but its owner may read (0600), with the
//   section
//                                 [default], or the one that AWS_PROFILE names:
//     [default]
//     aws_access_key_id = AKIA…
//     aws_secret_access_key = …
//     aws_session_token = …        (optional)
//
// The variables come first. No error and no log ever shows a value.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace mkt {

struct S3Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // of temporary credentials; else empty

  // usage_error where there are none, or they are incomplete.
  static Result<S3Credentials> from_environment();
  static Result<S3Credentials> from_file(const std::filesystem::path& file,
                                         std::string_view section = "default");
};

}  // namespace mkt
