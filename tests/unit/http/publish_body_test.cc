// The older protocol's publish body, however its bytes arrive.
#include "daemon/http/publish_body.h"

#include <doctest/doctest.h>

#include <random>

namespace mkt {
namespace {

struct Read {
  Result<Json> rest;
  Bytes tarball;
};

// In pieces of `step` bytes.
Read read(std::string_view text, std::size_t step) {
  Bytes tarball;
  PublishBody body([&](std::span<const std::uint8_t> bytes) -> Status {
    tarball.insert(tarball.end(), bytes.begin(), bytes.end());
    return {};
  });
  for (std::size_t at = 0; at < text.size(); at += step) {
    if (Status ok = body.feed(as_bytes(text.substr(at, step))); !ok) return {ok.error(), {}};
  }
  return {body.finish(), tarball};
}

Bytes random_bytes(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  Bytes bytes(size);
  for (auto& b : bytes) b = static_cast<std::uint8_t>(random());
  return bytes;
}

TEST_CASE("the tarball is taken out of the document, the rest stays as it was") {
  for (const std::size_t size : {0U, 1U, 2U, 3U, 1000U, 49'151U, 49'152U, 49'153U, 300'000U}) {
    const Bytes tarball = random_bytes(size);
    for (const char* form : {R"({"manifest":{"tarball":"inner","a":[1,"{"]},"tarball":"@","signature":{}})",
                             R"( { "tarball" : "@" , "manifest" : { "x" : "\"tarball\":\"AAAA" } } )"}) {
      std::string text = form;
      const std::size_t at = text.find('@');
      Json expected = Json::parse(std::string(text).replace(at, 1, ""));
      text.replace(at, 1, to_base64(tarball));
      for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, text.size()}) {
        if (step == 1 && size > 1000) continue;
        CAPTURE(size);
        CAPTURE(step);
        const Read r = read(text, step);
        REQUIRE(r.rest);
        CHECK(*r.rest == expected);
        CHECK(r.tarball == tarball);
      }
    }
  }
}

TEST_CASE("escapes that JSON allows mean the same characters") {
  const Bytes tarball = {0xfb, 0xff, 0xfe, 0xff};
  REQUIRE(to_base64(tarball) == "+//+/w==");
  const Read r = read(R"({"tarball":"\u002b\/\/+\u002Fw\u003d="})", 1);
  REQUIRE(r.rest);
  CHECK(r.tarball == tarball);
}

TEST_CASE("what is no base64 is refused") {
  for (const char* text :
       {R"({"tarball":"@@@@"})", R"({"tarball":"AAA"})", R"({"tarball":"AA=="})", R"({"tarball":"A A="})",
        R"({"tarball":"\nAAA"})", R"({"tarball":"\u00e9AAA"})", R"({"tarball":"\uzzzz"})"}) {
    CAPTURE(std::string(text));
    const Read r = read(text, 3);
    if (std::string_view(text).find("AA==") != std::string_view::npos) {
      CHECK(r.rest);
      continue;
    }
    REQUIRE(!r.rest);
    CHECK(r.rest.error().code == ErrorCode::invalid_request);
  }
  // Padding ends it, also where the next piece is decoded on its own.
  std::string padded(64 * 1024 - 4, 'A');
  padded = R"({"tarball":")" + padded + "AA==AAAA\"}";
  CHECK(read(padded, padded.size()).rest.error().code == ErrorCode::invalid_request);
}

TEST_CASE("the grammar is the strict reader's, and members stand once") {
  for (const char* text : {R"({"tarball":"AAAA","tarball":"AAAA"})", R"({"tarball":"AAAA",})",
                           R"({"tarball":"AAAA"}})", R"({"tarball":"AAAA)", R"({"tarball":"AAAA"} x)",
                           R"("tarball":"AAAA")", R"({"tarball" "AAAA"})"}) {
    CAPTURE(std::string(text));
    CHECK(!read(text, 5).rest);
  }
  for (const char* text : {R"({"manifest":{}})", R"({"manifest":{"tarball":"AAAA"}})", "[]",
                           R"({"tarball":1})", R"([{"tarball":"AAAA"}])"}) {
    CAPTURE(std::string(text));
    REQUIRE(!read(text, 5).rest);
    CHECK(read(text, 5).rest.error().code == ErrorCode::invalid_request);
  }
}

TEST_CASE("all but the tarball is bounded") {
  const std::string blanks(PublishBody::kMaxRestBytes + 1, ' ');
  CHECK(read("{" + blanks, 4096).rest.error().code == ErrorCode::body_too_large);
  const std::string name(PublishBody::kMaxRestBytes + 1, 'x');
  CHECK(read("{\"" + name, 4096).rest.error().code == ErrorCode::body_too_large);
}

TEST_CASE("what the sink refuses ends it") {
  PublishBody body([](std::span<const std::uint8_t>) -> Status {
    return Error(ErrorCode::storage_full, "full");
  });
  const Status fed = body.feed(as_bytes(R"({"tarball":"AAAA"})"));
  REQUIRE(!fed);
  CHECK(fed.error().code == ErrorCode::storage_full);
}

}  // namespace
}  // namespace mkt
