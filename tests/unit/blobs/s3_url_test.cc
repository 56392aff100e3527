#include "daemon/blobs/s3_url.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TEST_CASE("every form of the tarballs' URL is understood") {
  const auto full = S3Url::parse(
      "s3://acme-tarballs/registry/main/?region=eu-central-1&endpoint=https://"
      "s3.acme.example:9000/");
  REQUIRE(full);
  CHECK(full->bucket == "acme-tarballs");
  CHECK(full->prefix == "registry/main");
  CHECK(full->endpoint == "https://s3.acme.example:9000");
  CHECK(full->region == "eu-central-1");
  CHECK(full->shown() == "s3://acme-tarballs/registry/main at https://s3.acme.example:9000");
  CHECK(full->url_of("a/b") == "https://s3.acme.example:9000/acme-tarballs/a/b");

  const auto plain = S3Url::parse("s3://b.3?endpoint=http%3A%2F%2F%5B%3A%3A1%5D%3A80");
  REQUIRE(plain);
  CHECK(plain->prefix.empty());
  CHECK(plain->endpoint == "http://[::1]:80");
  CHECK(plain->region == "us-east-1");
  CHECK(plain->url_of("") == "http://[::1]:80/b.3");
  CHECK(S3Url::parse("s3://abc/?endpoint=http://h")->prefix.empty());
}

TEST_CASE("what is no URL of tarballs is refused without being repeated") {
  for (const char* wrong : {"",
                            "http://h/b",
                            "s3://",
                            "s3://bucket",
                            "s3://bucket?region=r",
                            "s3://bu?endpoint=http://h",
                            "s3://Bucket?endpoint=http://h",
                            "s3://-bucket?endpoint=http://h",
                            "s3://a..b?endpoint=http://h",
                            "s3://key:s3cret@bucket?endpoint=http://h",
                            "s3://bucket/a//b?endpoint=http://h",
                            "s3://bucket/../b?endpoint=http://h",
                            "s3://bucket/a%20b?endpoint=http://h",
                            "s3://bucket?endpoint=ftp://h",
                            "s3://bucket?endpoint=http://",
                            "s3://bucket?endpoint=http://key:s3cret@h",
                            "s3://bucket?endpoint=http://h/path",
                            "s3://bucket?endpoint=http://h:0",
                            "s3://bucket?endpoint=http://h:99999",
                            "s3://bucket?endpoint=http://h&endpoint=http://g",
                            "s3://bucket?endpoint=http://h&region=",
                            "s3://bucket?endpoint=http://h&region=a%0Ab",
                            "s3://bucket?endpoint=http://h&secret=s3cret",
                            "s3://bucket?endpoint"}) {
    CAPTURE(wrong);
    const auto url = S3Url::parse(wrong);
    REQUIRE_FALSE(url);
    CHECK(url.error().code == ErrorCode::usage_error);
    CHECK(url.error().message.find("s3cret") == std::string::npos);
  }
}

}  // namespace
}  // namespace mkt
