// A store that takes anything is none for tarballs.
#include "daemon/blobs/s3_probe.h"

#include <cstdlib>

#include "tests/unit/blobs/fake_s3.h"
#include "tests/unit/must.h"

namespace mkt {
namespace {

TEST_CASE("a store that keeps bytes with another SHA-256 than was said is refused") {
  FakeS3 s3;  // as s3rver and others do
  BreakerRegistry breakers;
  const Status probed = probe_s3(s3.url(), {"AKTEST", "s3cret", ""}, {}, breakers);
  REQUIRE_FALSE(probed);
  CHECK(probed.error().code == ErrorCode::storage_failed);
  CHECK(probed.error().message.find("another SHA-256") != std::string::npos);
  CHECK(s3.objects() == 0);
}

TEST_CASE("with S3: a real one passes the probe, and nothing is left there") {
  const char* url = std::getenv("MKT_TEST_S3");
  if (url == nullptr) {
    MESSAGE("SKIPPED: MKT_TEST_S3 names no S3");
    return;
  }
  BreakerRegistry breakers;
  S3Url place = must(S3Url::parse(url));
  place.prefix = "probed";
  const S3Credentials credentials = must(S3Credentials::from_environment());
  CHECK(probe_s3(place, credentials, {}, breakers));
  S3Client client(place, credentials, {}, breakers);
  CHECK(must(client.list("probed", "")).objects.empty());
  S3Credentials wrong = credentials;
  wrong.secret_key = "wrong";
  CHECK(probe_s3(place, wrong, {}, breakers).error().code == ErrorCode::storage_failed);
}

}  // namespace
}  // namespace mkt
