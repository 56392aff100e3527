// Tarballs on their way to another store: each is hashed, and what is there already stays.
#include "daemon/ops/tarball_copy.h"

#include "common/base/encoding.h"
#include "daemon/blobs/file_blobs.h"
#include "tests/unit/must.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace mkt {
namespace {

namespace fs = std::filesystem;

struct TarballCopyFixture {
  BlobReference keep(const std::string& text) {
    const Checksum checksum = Checksum::of(as_bytes(text));
    write(checksum, text);
    return {checksum, text.size(), "tool@" + text.substr(0, 3)};
  }
  void write(const Checksum& checksum, const std::string& bytes) const {
    const fs::path file = from.path() / tarball_name(checksum);
    REQUIRE(make_folders(file.parent_path(), 0700));
    REQUIRE(write_file_atomically(file, bytes, 0600));
  }
  Result<TarballCopy> copy(const std::vector<BlobReference>& wanted) {
    return copy_tarballs(wanted, tarballs_in_folder(from.path()), *into,
                         [this](const std::string& words) { told = words; });
  }

  TemporaryFolder from = *TemporaryFolder::create(fs::temp_directory_path(), "mkt-copy-from-");
  TemporaryFolder to = *TemporaryFolder::create(fs::temp_directory_path(), "mkt-copy-to-");
  std::unique_ptr<FileBlobs> into =
      must(FileBlobs::open(to.path() / "blobs", [](const Checksum&) { return false; }));
  std::string told;
};

TEST_CASE_FIXTURE(TarballCopyFixture, "tarballs are copied once") {
  std::vector<BlobReference> wanted;
  for (int i = 0; i < 50; ++i) wanted.push_back(keep(fmt::format("{:03} of fifty", i)));
  const TarballCopy first = must(copy(wanted));
  CHECK(first.copied == 50);
  CHECK(first.there == 0);
  CHECK(first.bytes == 50 * wanted[0].size);
  CHECK(told == "copied 50 of 50 tarballs");
  wanted.push_back(keep("one more"));
  const TarballCopy second = must(copy(wanted));
  CHECK(second.copied == 1);
  CHECK(second.there == 50);
  CHECK(missing_tarballs(wanted, must(sizes_in(*into))).empty());
}

TEST_CASE_FIXTURE(TarballCopyFixture, "a damaged tarball is not copied") {
  const BlobReference blob = keep("the right bytes");
  write(blob.checksum, "the wrong bytes");
  const auto copied = copy({blob});
  REQUIRE_FALSE(copied);
  CHECK(copied.error().code == ErrorCode::data_damaged);
  CHECK(copied.error().message.find("tool@the") != std::string::npos);
  const auto missing = missing_tarballs({blob}, must(sizes_in(*into)));
  REQUIRE(missing.size() == 1);
  CHECK(missing[0].find("is missing") != std::string::npos);
}

TEST_CASE_FIXTURE(TarballCopyFixture, "what is there with another size is copied again") {
  const BlobReference blob = keep("the right bytes");
  const fs::path placed = to.path() / tarball_name(blob.checksum);
  REQUIRE(make_folders(placed.parent_path(), 0700));
  REQUIRE(write_file_atomically(placed, "cut", 0600));
  CHECK(missing_tarballs({blob}, must(sizes_in(*into)))[0].find("3 bytes, not 15") !=
        std::string::npos);
  CHECK(must(copy({blob})).copied == 1);
  CHECK(must(read_file(placed, 100)) == "the right bytes");
}

}  // namespace
}  // namespace mkt
