// Blobs: what is kept, what is taken away, and what a crash leaves.
#include "daemon/blobs/blobs.h"

#include <doctest/doctest.h>

#include <set>

#include "common/base/encoding.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

struct BlobFixture {
  BlobFixture() : folder(*TemporaryFolder::create(fs::temp_directory_path(), "mkt-blobs-")) {
    reopen();
  }
  void reopen() {
    auto opened = BlobStore::open(folder.path(), [this](const Checksum& c) -> Result<bool> {
      return referenced.contains(c.text());
    });
    REQUIRE(opened);
    blobs = std::move(*opened);
  }
  BlobUpload uploaded(std::string_view text) {
    auto upload = blobs->begin_upload();
    REQUIRE(upload);
    REQUIRE(upload->write(as_bytes(text)));
    REQUIRE(upload->finish());
    return std::move(*upload);
  }
  std::size_t files() const {
    std::size_t n = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
      n += entry.is_regular_file() ? 1 : 0;
    }
    return n;
  }
  static Checksum sum(std::string_view text) { return Checksum::of(as_bytes(text)); }

  TemporaryFolder folder;
  std::set<std::string> referenced;
  std::unique_ptr<BlobStore> blobs;
};

TEST_CASE_FIXTURE(BlobFixture, "a kept upload can be opened by its checksum") {
  {
    BlobUpload upload = uploaded("hello");
    CHECK(upload.checksum() == sum("hello"));
    REQUIRE(upload.place());
    referenced.insert(upload.checksum().text());
    upload.keep();
  }
  CHECK(files() == 1);
  CHECK(blobs->open_blob(sum("hello"), 5));
  CHECK(blobs->open_blob(sum("hello"), 6).error().code == ErrorCode::data_damaged);
  CHECK(blobs->open_blob(sum("other"), 5).error().code == ErrorCode::data_damaged);
}

TEST_CASE_FIXTURE(BlobFixture, "an upload that is given up leaves nothing, at whatever step") {
  { auto upload = blobs->begin_upload(); }
  { BlobUpload upload = uploaded("hello"); }
  {
    BlobUpload upload = uploaded("hello");
    REQUIRE(upload.place());
  }
  CHECK(files() == 0);
}

TEST_CASE_FIXTURE(BlobFixture, "giving up one of two uploads of the same bytes keeps the other's") {
  BlobUpload first = uploaded("same");
  REQUIRE(first.place());
  {
    BlobUpload second = uploaded("same");
    REQUIRE(second.place());
  }
  CHECK(blobs->open_blob(sum("same"), 4));
  referenced.insert(sum("same").text());
  first.keep();
  {
    BlobUpload third = uploaded("same");
    REQUIRE(third.place());
  }
  CHECK(blobs->open_blob(sum("same"), 4));
}

TEST_CASE_FIXTURE(BlobFixture,
                  "the next start removes what a crash left, and nothing that is named") {
  for (const char* text : {"committed", "lost"}) {
    BlobUpload upload = uploaded(text);
    REQUIRE(upload.place());
    if (std::string_view(text) == "committed") referenced.insert(sum(text).text());
    // What a crash between the commit and `keep` leaves: both names.
    fs::copy(folder.path() / sum(text).hex().substr(0, 2) / sum(text).hex(),
             folder.path() / "incoming" / (sum(text).hex() + ".crash"));
    upload.keep();
  }
  REQUIRE(write_file_atomically(folder.path() / "incoming" / "upload-x", "half", 0600));
  CHECK(files() == 5);
  reopen();
  CHECK(files() == 1);
  CHECK(blobs->open_blob(sum("committed"), 9));
}

}  // namespace
}  // namespace mkt
