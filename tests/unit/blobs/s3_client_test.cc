// S3Client against an S3 that fails; what a real one accepts is in s3_blobs_test.cc.
#include "daemon/blobs/s3_client.h"

#include <doctest/doctest.h>

#include <fstream>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "tests/unit/blobs/fake_s3.h"
#include "tests/unit/eventually.h"
#include "tests/unit/must.h"

namespace mkt {
namespace {

using namespace std::chrono_literals;

struct S3ClientFixture {
  static S3Options quick() {
    S3Options options;
    options.backoff.first = 1ms;
    options.backoff.longest = 5ms;
    options.open_for = 50ms;
    options.longest_open = 50ms;
    return options;
  }
  std::unique_ptr<S3Client> client_with(const S3Options& options,
                                        const std::string& session_token = "") {
    return std::make_unique<S3Client>(s3.url(), S3Credentials{"AKTEST", "s3cret", session_token},
                                      options, breakers);
  }
  Status put(const std::string& name, const std::string& bytes) {
    const auto path = folder.path() / "file";
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    return client->put(name, must(open_for_reading(path)).get(), bytes.size(),
                       Checksum::of(as_bytes(bytes)));
  }
  Status get(const std::string& name, std::uint64_t size) {
    got.clear();
    return client->get(name, size, [this](std::span<const std::uint8_t> piece) -> Status {
      got += as_text(piece);
      return {};
    });
  }
  BreakerState breaker() { return breakers.get("s3")->state(); }

  const TemporaryFolder folder =
      *TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-s3-");
  FakeS3 s3;
  BreakerRegistry breakers;
  std::unique_ptr<S3Client> client = client_with(quick());
  const std::string tarball = std::string(300'000, 't') + "end";
  std::string got;
};

TEST_CASE_FIXTURE(S3ClientFixture, "what was put is given back, told of, listed and removed") {
  REQUIRE(put("acme/a", tarball));
  REQUIRE(put("acme/b", ""));
  CHECK(s3.stored("acme/a") == tarball);
  REQUIRE(get("acme/a", tarball.size()));
  CHECK(got == tarball);
  REQUIRE(get("acme/b", 0));
  CHECK(got.empty());
  CHECK(must(client->head("acme/a")).size == tarball.size());
  CHECK(client->head("acme/c").error().code == ErrorCode::not_found);
  CHECK(get("acme/c", 1).error().code == ErrorCode::not_found);
  CHECK(must(client->list("acme/", "")).objects.size() == 2);
  CHECK(must(client->list("acme/", "acme/a")).objects.size() == 1);
  REQUIRE(client->remove("acme/a"));
  REQUIRE(client->remove("acme/a"));
  CHECK(s3.objects() == 1);
}

TEST_CASE_FIXTURE(S3ClientFixture, "each request is signed, with the hash of its body") {
  client = client_with(quick(), "t0ken");
  REQUIRE(put("acme/a", "hello"));
  REQUIRE(client->list("acme/", "acme/a b"));
  const auto authorization = s3.headers("Authorization");
  REQUIRE(authorization.size() == 2);
  for (const std::string& value : authorization) {
    CHECK(value.starts_with("AWS4-HMAC-SHA256 Credential=AKTEST/"));
    CHECK(value.find("/us-east-1/s3/aws4_request") != std::string::npos);
    for (const char* header :
         {"host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"}) {
      CAPTURE(header);
      CHECK(value.find(header, value.find("SignedHeaders=")) != std::string::npos);
    }
    CHECK(value.find("s3cret") == std::string::npos);
  }
  CHECK(s3.headers("x-amz-security-token")[0] == "t0ken");
  CHECK(s3.headers("x-amz-content-sha256")[0] == Checksum::of(as_bytes("hello")).hex());
  CHECK(s3.headers("x-amz-content-sha256")[1] == Checksum::of({}).hex());
  CHECK(s3.asked()[1] ==
        "GET /tarballs?list-type=2&max-keys=1000&prefix=acme%2F&start-after=acme%2Fa%20b");
}

TEST_CASE_FIXTURE(S3ClientFixture, "what passes is tried again, and not seen") {
  s3.trouble({503, "SlowDown"});
  s3.trouble({500, "InternalError"});
  REQUIRE(put("acme/a", tarball));
  CHECK(s3.stored("acme/a") == tarball);
  CHECK(s3.asked().size() == 3);
  CHECK(breaker() == BreakerState::closed);
}

TEST_CASE_FIXTURE(S3ClientFixture, "who must wait for long is told for how long") {
  s3.trouble({503, "SlowDown", "60"});
  const Status refused = put("acme/a", "hello");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::overloaded);
  CHECK(refused.error().retry_after == 60s);
  CHECK(s3.asked().size() == 1);
}

TEST_CASE_FIXTURE(S3ClientFixture, "while S3 is away it is left alone, and used again unaided") {
  s3.always(FakeS3::Trouble{500, "InternalError"});
  for (int i = 0; i < 2; ++i) {
    const Status refused = put("acme/a", "hello");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::overloaded);
    CHECK(refused.error().retry_after >= 1s);
  }
  CHECK(breaker() != BreakerState::closed);
  s3.always(std::nullopt);
  CHECK(eventually([&] { return static_cast<bool>(put("acme/a", "hello")); }));
  CHECK(breaker() == BreakerState::closed);
}

TEST_CASE("an S3 that does not exist is overloaded, and soon said to be") {
  BreakerRegistry breakers;
  // Nobody listens on the port that TCP reserves for this.
  S3Client client(must(S3Url::parse("s3://tarballs?endpoint=http://127.0.0.1:1")),
                  {"AKTEST", "s3cret", ""}, S3ClientFixture::quick(), breakers);
  const auto refused = client.head("acme/a");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::overloaded);
  CHECK(refused.error().retry_after);
  CHECK(refused.error().message.find("127.0.0.1") == std::string::npos);
}

TEST_CASE_FIXTURE(S3ClientFixture, "a refusal is no outage, and is not tried again") {
  for (int i = 0; i < 8; ++i) s3.trouble({403, "SignatureDoesNotMatch"});
  for (int i = 0; i < 8; ++i) {
    const Status refused = put("acme/a", "hello");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::storage_failed);
    CHECK(refused.error().message.find("SignatureDoesNotMatch") != std::string::npos);
    CHECK(refused.error().message.find("s3cret") == std::string::npos);
  }
  CHECK(s3.asked().size() == 8);
  CHECK(breaker() == BreakerState::closed);
  s3.trouble({404, "NoSuchBucket"});
  CHECK(get("acme/a", 5).error().code == ErrorCode::storage_failed);
}

TEST_CASE_FIXTURE(S3ClientFixture, "an answer that does not begin is not waited for") {
  S3Options options = quick();
  options.patience.first_byte = 100ms;
  client = client_with(options);
  s3.store("acme/a", "hello");
  s3.hold();
  const auto began = std::chrono::steady_clock::now();
  const Status refused = get("acme/a", 5);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::overloaded);
  // The stall rule alone would wait for 15 s.
  CHECK(std::chrono::steady_clock::now() - began < 10s);
  CHECK(s3.asked().size() == 1);
  s3.let_go();
  CHECK(get("acme/a", 5));
}

TEST_CASE_FIXTURE(S3ClientFixture, "a call ends when its daemon does") {
  std::stop_source stop;
  S3Options options = quick();
  options.stop = stop.get_token();
  client = client_with(options);
  s3.hold();
  std::thread stopper([&] {
    eventually([&] { return !s3.asked().empty(); });
    stop.request_stop();
  });
  CHECK_FALSE(get("acme/a", 5));
  stopper.join();
  CHECK(s3.asked().size() == 1);
}

TEST_CASE_FIXTURE(S3ClientFixture, "a broken download goes on with the byte that is missing") {
  s3.store("acme/a", tarball);
  s3.trouble({.cut_after = 100'000});
  s3.trouble({.cut_after = 200'000});
  REQUIRE(get("acme/a", tarball.size()));
  CHECK(got == tarball);
  CHECK(s3.headers("Range") == std::vector<std::string>{"", "bytes=100000-", "bytes=200000-"});
}

TEST_CASE_FIXTURE(S3ClientFixture, "an object of another size is damaged, and no outage") {
  s3.store("acme/a", tarball);
  for (int i = 0; i < 8; ++i) {
    CHECK(get("acme/a", tarball.size() + 1).error().code == ErrorCode::data_damaged);
    CHECK(got == tarball);
    CHECK(get("acme/a", tarball.size() - 1).error().code == ErrorCode::data_damaged);
    CHECK(got.size() < tarball.size());
  }
  CHECK(breaker() == BreakerState::closed);
}

TEST_CASE_FIXTURE(S3ClientFixture, "an error of the sink ends the download, and is given back") {
  s3.store("acme/a", tarball);
  for (int i = 0; i < 8; ++i) {
    const Status full = client->get("acme/a", tarball.size(), [](auto) -> Status {
      return Error(ErrorCode::storage_full, "the disk is full");
    });
    REQUIRE_FALSE(full);
    CHECK(full.error().code == ErrorCode::storage_full);
  }
  CHECK(s3.asked().size() == 8);
  CHECK(breaker() == BreakerState::closed);
}

TEST_CASE_FIXTURE(S3ClientFixture, "a list that is none is refused") {
  s3.trouble({200, "NotAList"});
  CHECK(client->list("acme/", "").error().code == ErrorCode::storage_failed);
}

}  // namespace
}  // namespace mkt
