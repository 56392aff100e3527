#include "daemon/blobs/s3_credentials.h"

#include <doctest/doctest.h>

#include "common/base/files.h"
#include "tests/unit/must.h"

namespace mkt {
namespace {

struct CredentialsFixture {
  std::filesystem::path file(std::string_view content, unsigned mode = 0600) const {
    const auto path = folder.path() / "credentials";
    REQUIRE(write_file_atomically(path, content, mode));
    return path;
  }
  TemporaryFolder folder =
      *TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-credentials-");
};

TEST_CASE_FIXTURE(CredentialsFixture, "credentials are read from the section of their profile") {
  const auto path = file(
      "# AWS's own tools write this\n[default]\naws_access_key_id = AK1\n"
      "aws_secret_access_key=s3/cr+et=\r\n\n[profile]\naws_access_key_id = AK2\n"
      "aws_secret_access_key = other\naws_session_token = tok+en==");
  const S3Credentials first = must(S3Credentials::from_file(path));
  CHECK(first.access_key == "AK1");
  CHECK(first.secret_key == "s3/cr+et=");
  CHECK(first.session_token.empty());
  const S3Credentials second = must(S3Credentials::from_file(path, "profile"));
  CHECK(second.access_key == "AK2");
  CHECK(second.session_token == "tok+en==");
}

TEST_CASE_FIXTURE(CredentialsFixture, "a file of credentials that others may read is refused") {
  constexpr const char* kGood = "[default]\naws_access_key_id=a\naws_secret_access_key=s3cret\n";
  CHECK(S3Credentials::from_file(file(kGood)));
  for (const unsigned mode : {0640U, 0604U, 0620U}) {
    const auto refused = S3Credentials::from_file(file(kGood, mode));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("chmod 600") != std::string::npos);
  }
}

TEST_CASE_FIXTURE(CredentialsFixture, "incomplete credentials are refused, and none is shown") {
  for (const char* wrong :
       {"", "[other]\naws_access_key_id=a\naws_secret_access_key=s3cret\n",
        "[default]\naws_secret_access_key=s3cret\n", "[default]\naws_access_key_id=s3cret\n",
        "[default]\naws_access_key_id=a\naws_secret_access_key=s3cret with blanks\n"}) {
    CAPTURE(wrong);
    const auto refused = S3Credentials::from_file(file(wrong));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::usage_error);
    CHECK(refused.error().message.find("s3cret") == std::string::npos);
  }
  CHECK_FALSE(S3Credentials::from_file(folder.path() / "missing"));
}

}  // namespace
}  // namespace mkt
