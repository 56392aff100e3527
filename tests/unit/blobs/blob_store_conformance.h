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

// `count` returns how many blobs and unfinished uploads exist.
inline void check_blob_store(const OpenBlobs& open, const std::function<std::size_t()>& count) {
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
    CHECK(blobs->open_blob(sum_of("hello"), 5));
    CHECK(blobs->open_blob(sum_of("hello"), 6).error().code == ErrorCode::data_damaged);
    CHECK(blobs->open_blob(sum_of("other"), 5).error().code == ErrorCode::data_damaged);
  }

  SUBCASE("an upload that is given up leaves nothing, at whatever step") {
    { auto upload = blobs->begin_upload(); }
    { BlobUpload upload = uploaded(*blobs, "hello"); }
    {
      BlobUpload upload = uploaded(*blobs, "hello");
      REQUIRE(upload.place());
    }
    CHECK(count() == 0);
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
}

}  // namespace mkt
