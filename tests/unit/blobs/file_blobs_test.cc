// FileBlobs: what any BlobStore promises, and what a crash leaves.
#include "daemon/blobs/file_blobs.h"

#include "tests/unit/blobs/blob_store_conformance.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

struct BlobFixture {
  std::unique_ptr<FileBlobs> open(const NamedBlobs& named) {
    auto opened = FileBlobs::open(folder.path(), [&named](const Checksum& c) -> Result<bool> {
      return named.contains(c.text());
    });
    REQUIRE(opened);
    return std::move(*opened);
  }
  std::size_t files() const {
    std::size_t n = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
      n += entry.is_regular_file() ? 1 : 0;
    }
    return n;
  }

  TemporaryFolder folder = *TemporaryFolder::create(fs::temp_directory_path(), "mkt-blobs-");
};

TEST_CASE_FIXTURE(BlobFixture, "FileBlobs keeps what a blob store promises") {
  check_blob_store([this](const NamedBlobs& named) { return open(named); },
                   [this] { return files(); });
}

TEST_CASE_FIXTURE(BlobFixture,
                  "the next start removes what a crash left, and nothing that is named") {
  NamedBlobs named;
  auto blobs = open(named);
  for (const char* text : {"committed", "lost"}) {
    BlobUpload upload = uploaded(*blobs, text);
    REQUIRE(upload.place());
    if (std::string_view(text) == "committed") named.insert(sum_of(text).text());
    // What a crash between the commit and `keep` leaves: both names.
    fs::copy(folder.path() / sum_of(text).hex().substr(0, 2) / sum_of(text).hex(),
             folder.path() / "incoming" / (sum_of(text).hex() + ".crash"));
    upload.keep();
  }
  REQUIRE(write_file_atomically(folder.path() / "incoming" / "upload-x", "half", 0600));
  CHECK(files() == 5);
  blobs = open(named);
  CHECK(files() == 1);
  CHECK(blobs->open_blob(sum_of("committed"), 9));
}

TEST_CASE_FIXTURE(BlobFixture,
                  "what a version names, or may name soon, is not removed at any age") {
  NamedBlobs named;
  const auto blobs = open(named);
  const UtcTime later = utc_now() + std::chrono::hours(1);
  const Checksum same = sum_of("same");

  BlobUpload first = uploaded(*blobs, "same");
  REQUIRE(first.place());
  CHECK_FALSE(must(blobs->remove(same, later)));  // its row may commit just now
  {
    BlobUpload second = uploaded(*blobs, "same");
    REQUIRE(second.place());
    named.insert(same.text());
    first.keep();
    CHECK_FALSE(must(blobs->remove(same, later)));
    second.keep();
  }
  CHECK_FALSE(must(blobs->remove(same, later)));
  CHECK(bytes_of(must(blobs->open_blob(same, 4))) == "same");

  named.erase(same.text());
  CHECK(must(blobs->remove(same, later)));
  CHECK(files() == 0);
}

TEST_CASE_FIXTURE(BlobFixture, "a blob stays where it cannot be told whether a version names it") {
  const auto blobs = must(FileBlobs::open(folder.path(), [](const Checksum&) -> Result<bool> {
    return Error(ErrorCode::storage_failed, "the database cannot be read");
  }));
  BlobUpload upload = uploaded(*blobs, "kept");
  REQUIRE(upload.place());
  upload.keep();
  CHECK_FALSE(blobs->remove(sum_of("kept"), utc_now() + std::chrono::hours(1)));
  CHECK(blobs->open_blob(sum_of("kept"), 4));
}

}  // namespace
}  // namespace mkt
