// What every BlobStore must do, wherever it stores its bytes; blob_store.h describes it.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "common/base/encoding.h"
#include "daemon/blobs/blob_store.h"
#include "tests/unit/eventually.h"
#include "tests/unit/must.h"

namespace mkt {

// The blobs that a version names, as the catalog would tell.
using NamedBlobs = std::set<std::string>;
using OpenBlobs = std::function<std::unique_ptr<BlobStore>(const NamedBlobs& named)>;

inline BlobUpload uploaded(BlobStore& blobs, std::string_view text) {
  auto upload = blobs.begin_upload();
  REQUIRE(upload);
  REQUIRE(upload->write(as_bytes(text)));
  REQUIRE(upload->finish());
  return std::move(*upload);
}

inline Checksum sum_of(std::string_view text) { return Checksum::of(as_bytes(text)); }

// What becomes of a blob that was placed and given up.
enum class GivenUp { goes, stays };

// Of the open file, whole.
inline std::string bytes_of(const UniqueFd& fd) {
  std::string bytes(must(file_size(fd.get(), "the blob")), '\0');
  must(read_at(fd.get(), {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}, 0, "it"));
  return bytes;
}

inline StoredBlob placed(BlobStore& blobs, NamedBlobs& named, std::string_view text) {
  BlobUpload upload = uploaded(blobs, text);
  REQUIRE(upload.place());
  named.insert(upload.checksum().text());
  upload.keep();
  for (std::optional<Checksum> after;;) {
    const BlobPage page = must(blobs.list(after));
    for (const StoredBlob& blob : page.blobs) {
      if (blob.checksum == sum_of(text)) return blob;
    }
    REQUIRE(page.more);
    after = page.blobs.back().checksum;
  }
}

// `count` returns how many blobs and unfinished uploads exist.
inline void check_blob_store(const OpenBlobs& open, const std::function<std::size_t()>& count,
                             GivenUp given_up = GivenUp::goes) {
  NamedBlobs named;
  const auto blobs = open(named);
  REQUIRE(blobs);

  SUBCASE("a kept upload can be opened by its checksum") {
    {
      BlobUpload upload = uploaded(*blobs, "hello");
      CHECK(upload.checksum() == sum_of("hello"));
      CHECK(upload.size() == 5);
      REQUIRE(upload.place());
      named.insert(upload.checksum().text());
      upload.keep();
    }
    CHECK(count() == 1);
    CHECK(bytes_of(must(blobs->open_blob(sum_of("hello"), 5))) == "hello");
    CHECK(blobs->open_blob(sum_of("hello"), 6).error().code == ErrorCode::data_damaged);
    CHECK(blobs->open_blob(sum_of("other"), 5).error().code == ErrorCode::data_damaged);
  }

  SUBCASE("an upload that is given up leaves nothing but what only its age tells of") {
    { auto upload = blobs->begin_upload(); }
    { BlobUpload upload = uploaded(*blobs, "hello"); }
    {
      BlobUpload upload = uploaded(*blobs, "hello");
      REQUIRE(upload.place());
    }
    CHECK(count() == (given_up == GivenUp::goes ? 0 : 1));
  }

  SUBCASE("giving up one of two uploads of the same bytes keeps the other's") {
    BlobUpload first = uploaded(*blobs, "same");
    REQUIRE(first.place());
    {
      BlobUpload second = uploaded(*blobs, "same");
      REQUIRE(second.place());
    }
    CHECK(blobs->open_blob(sum_of("same"), 4));
    named.insert(sum_of("same").text());
    first.keep();
    {
      BlobUpload third = uploaded(*blobs, "same");
      REQUIRE(third.place());
    }
    CHECK(blobs->open_blob(sum_of("same"), 4));
  }

  SUBCASE("an upload that was moved from leaves nothing twice") {
    BlobUpload first = uploaded(*blobs, "moved");
    REQUIRE(first.place());
    BlobUpload second = std::move(first);
    named.insert(sum_of("moved").text());
    second.keep();
    CHECK(count() == 1);
  }

  SUBCASE("an empty blob is one like any other") {
    CHECK(placed(*blobs, named, "").size == 0);
    CHECK(bytes_of(must(blobs->open_blob(sum_of(""), 0))).empty());
  }

  SUBCASE("the list has every blob once, by checksum, from where one asks") {
    std::set<std::string> expected;
    for (const char* text : {"a", "bb", "ccc", "dddd", "eeeee"}) {
      CHECK(placed(*blobs, named, text).size == std::string_view(text).size());
      expected.insert(sum_of(text).hex());
    }
    std::vector<std::string> listed;
    bool more = true;
    for (std::optional<Checksum> after; more;) {
      const BlobPage page = must(blobs->list(after));
      for (const StoredBlob& blob : page.blobs) listed.push_back(blob.checksum.hex());
      more = page.more;
      if (more) after = page.blobs.back().checksum;
    }
    CHECK(listed == std::vector<std::string>(expected.begin(), expected.end()));
    const BlobPage rest = must(blobs->list(must(Checksum::parse(listed[2]))));
    REQUIRE_FALSE(rest.blobs.empty());
    CHECK(rest.blobs.front().checksum.hex() == listed[3]);
    const BlobPage end = must(blobs->list(must(Checksum::parse(listed[4]))));
    CHECK(end.blobs.empty());
    CHECK_FALSE(end.more);
  }

  SUBCASE("a blob is removed when it is old enough, and whoever has it open keeps it") {
    const StoredBlob blob = placed(*blobs, named, "old");
    named.erase(blob.checksum.text());
    const UniqueFd open_file = must(blobs->open_blob(blob.checksum, blob.size));
    CHECK_FALSE(must(blobs->remove(blob.checksum, blob.placed_at - std::chrono::milliseconds(1))));
    CHECK(blobs->open_blob(blob.checksum, blob.size));
    const UtcTime later = blob.placed_at + std::chrono::seconds(2);
    CHECK(must(blobs->remove(blob.checksum, later)));
    CHECK_FALSE(must(blobs->remove(blob.checksum, later)));
    CHECK(blobs->open_blob(blob.checksum, blob.size).error().code == ErrorCode::data_damaged);
    CHECK(bytes_of(open_file) == "old");
    CHECK(count() == 0);
  }

  SUBCASE("placing the same bytes again makes them new") {
    const StoredBlob first = placed(*blobs, named, "again");
    const auto is_old = first.placed_at + std::chrono::seconds(1);
    CHECK(eventually([&] { return placed(*blobs, named, "again").placed_at > is_old; }));
    CHECK_FALSE(must(blobs->remove(first.checksum, is_old)));
    CHECK(blobs->open_blob(first.checksum, first.size));
  }
}

}  // namespace mkt
