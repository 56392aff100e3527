// Tarballs into a bucket and out of it, whole or not at all.
#include "daemon/mirror/bucket.h"

#include <doctest/doctest.h>

#include <fstream>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "tests/faults/fake_bucket.h"

namespace mkt {
namespace {

struct BucketFixture {
  // A file with those bytes.
  UniqueFd file_of(const std::string& bytes) {
    const auto path = folder.path() / "tarball";
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    return *open_for_reading(path);
  }
  Status put(const std::string& bytes) {
    return bucket.put(Checksum::of(as_bytes(bytes)), file_of(bytes).get(), bytes.size());
  }
  std::string get(const std::string& bytes) {
    std::string got;
    const Status done = bucket.get(Checksum::of(as_bytes(bytes)),
                                   [&](std::span<const std::uint8_t> part) -> Status {
                                     got += as_text(part);
                                     return {};
                                   });
    return done ? got : std::string(error_code_name(done.error().code));
  }
  BucketOptions options(const std::string& name) {
    BucketOptions o;
    o.name = name;
    o.url = cloud.url();
    return o;
  }

  const TemporaryFolder folder =
      *TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-bucket-");
  faults::FakeBucket cloud{"acme-tarballs", folder.path() / "objects"};
  Bucket bucket{options("acme-tarballs"), GoogleCredentials::for_emulator()};
  const std::string tarball = std::string(5000, 't') + "end";
};

TEST_CASE_FIXTURE(BucketFixture, "what was put there is given back, and listed") {
  REQUIRE(put(tarball));
  CHECK(get(tarball) == tarball);
  CHECK(get("another") == "not_found");
  for (const char* more : {"one", "two", "three", "four"}) REQUIRE(put(more));
  std::size_t objects = 0;
  std::uint64_t bytes = 0;
  std::string next;
  do {
    const auto page = bucket.list(next);
    REQUIRE(page);
    for (const auto& object : page->objects) {
      ++objects;
      bytes += object.size;
      CHECK(object.name.starts_with("gwi_marketplace_tarballs/"));
    }
    next = page->next;
  } while (!next.empty());
  CHECK(objects == 5);
  CHECK(bytes == tarball.size() + 15);
}

TEST_CASE_FIXTURE(BucketFixture, "what is there already is compared, and never replaced") {
  REQUIRE(put(tarball));
  REQUIRE(put(tarball));
  CHECK(cloud.bytes_taken == tarball.size());
  // Somebody else's bytes under that name.
  const std::string object = bucket.object_of(Checksum::of(as_bytes(tarball)));
  std::ofstream(folder.path() / "objects" / ("gwi_marketplace_tarballs!" + object.substr(25)))
      << "other bytes";
  const Status refused = put(tarball);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::checksum_mismatch);
  CHECK(get(tarball) == "other bytes");
}

TEST_CASE_FIXTURE(BucketFixture, "a tarball that cannot be read is told of as that") {
  cloud.when_begun = [&] { std::filesystem::resize_file(folder.path() / "tarball", 100); };
  const Status failed = put(tarball);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::io_error);
  CHECK(get(tarball) == "not_found");
}

TEST_CASE_FIXTURE(BucketFixture, "an upload that breaks off goes on from where it stopped") {
  cloud.break_uploads = 3;
  REQUIRE(put(tarball));
  CHECK(cloud.begun == 1);
  CHECK(cloud.bytes_taken == tarball.size());
  CHECK(get(tarball) == tarball);
}

TEST_CASE_FIXTURE(BucketFixture, "one that breaks off again and again goes on at the next call") {
  cloud.break_uploads = 100;
  const std::string large(50'000, 'l');
  const Status failed = put(large);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::registry_unavailable);
  const std::uint64_t taken = cloud.bytes_taken;
  CHECK(taken > 0);
  CHECK(taken < large.size());
  cloud.break_uploads = 0;
  REQUIRE(put(large));
  CHECK(cloud.begun == 1);
  CHECK(cloud.bytes_taken == large.size());
  CHECK(get(large) == large);
}

TEST_CASE_FIXTURE(BucketFixture, "an upload that the bucket has forgotten is begun anew") {
  cloud.break_uploads = 100;
  CHECK_FALSE(put(std::string(50'000, 'l')));
  cloud.break_uploads = 0;
  cloud.forget_uploads = true;
  REQUIRE(put(std::string(50'000, 'l')));
  CHECK(cloud.begun == 2);
}

TEST_CASE_FIXTURE(BucketFixture,
                  "a bucket that holds something else than was sent is not believed") {
  cloud.lie = true;
  const Status refused = put(tarball);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::checksum_mismatch);
}

TEST_CASE_FIXTURE(BucketFixture, "a bucket that is not there is a matter of the configuration") {
  Bucket none(options("no-such-bucket"), GoogleCredentials::for_emulator());
  const Status refused =
      none.put(Checksum::of(as_bytes(tarball)), file_of(tarball).get(), tarball.size());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::forbidden);
  CHECK(refused.error().message.find("no-such-bucket") != std::string::npos);
}

}  // namespace
}  // namespace mkt
