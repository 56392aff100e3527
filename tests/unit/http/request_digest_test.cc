// What is one request under an Idempotency-Key, and what is another.
#include "daemon/http/request_digest.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "common/base/encoding.h"

namespace mkt {
namespace {

RequestHead head_of(std::string_view target) {
  auto head = RequestHead::parse(fmt::format("POST {} HTTP/1.1\r\nHost: x\r\n\r\n", target));
  REQUIRE(head);
  return std::move(*head);
}

std::string digest(std::string_view body, std::string_view target = "/x") {
  return small_request_digest(head_of(target), body);
}

TEST_CASE(
    "a document is compared as one: order of members, white space and spelling do not count") {
  const std::string first = digest(R"({"a":1,"b":{"c":[1,2],"d":"é"}})");
  CHECK(first.starts_with("2:json:"));
  for (const char* same : {R"({"b":{"d":"é","c":[1,2]},"a":1})", R"({ "a" : 1.0, "b" : {"c":[1,
                           2], "d":"\u00e9"}})",
                           R"({"a":1e0,"b":{"c":[1,2],"d":"é"}})"}) {
    CAPTURE(same);
    CHECK(digest(same) == first);
  }
  for (const char* other :
       {R"({"a":2,"b":{"c":[1,2],"d":"é"}})", R"({"a":1,"b":{"c":[2,1],"d":"é"}})",
        R"({"a":"1","b":{"c":[1,2],"d":"é"}})", R"({"a":1.5,"b":{"c":[1,2],"d":"é"}})",
        R"({"a":1,"b":{"c":[1,2],"d":"é"},"e":null})", R"([{"a":1}])", "{}"}) {
    CAPTURE(other);
    CHECK(digest(other) != first);
  }
  CHECK(digest(R"({"a":[1],"b":[]})") != digest(R"({"a":[],"b":[1]})"));
  CHECK(digest("[[1],2]") != digest("[[1,2]]"));
}

TEST_CASE("path and query count, the order of different parameters does not") {
  CHECK(digest("{}", "/x") != digest("{}", "/y"));
  CHECK(digest("{}", "/x") != digest("{}", "/x?a=1"));
  CHECK(digest("{}", "/x?a=1") != digest("{}", "/x?a=2"));
  CHECK(digest("{}", "/x?a=1&b=2") == digest("{}", "/x?b=2&a=1"));
  CHECK(digest("{}", "/x?a=1&a=2") != digest("{}", "/x?a=2&a=1"));
  CHECK(digest("{}", "/x?a=1&b=2") != digest("{}", "/x?a=1%0A1%20b%201%202"));
}

TEST_CASE("what is no document is compared by its bytes, in pieces of any size") {
  CHECK(digest("") != digest("{}"));
  CHECK(digest("{,}") != digest("{, }"));
  CHECK(digest("").starts_with("2:0:"));
  const std::string body(200'000, 'b');
  PassingDigest whole(head_of("/x"), body.size());
  whole.update(as_bytes(body));
  PassingDigest pieces(head_of("/x"), body.size());
  for (std::size_t at = 0; at < body.size(); at += 7000) {
    pieces.update(as_bytes(std::string_view(body).substr(at, 7000)));
  }
  const std::string text = whole.finish();
  CHECK(text.starts_with("2:200000:"));
  CHECK(pieces.finish() == text);
}

TEST_CASE("a body that cannot be the first is known by its length") {
  CHECK(may_have_length("2:200000:ab", 200'000));
  CHECK_FALSE(may_have_length("2:200000:ab", 200'001));
  CHECK_FALSE(may_have_length("2:200000:ab", 50'000'000));
  CHECK(may_have_length("2:json:ab", 64 * 1024));
  CHECK_FALSE(may_have_length("2:json:ab", 64 * 1024 + 1));
}

TEST_CASE("a key of the release before is still known by its own digest") {
  // printf 'POST /x\n{}' | sha256sum
  const std::string before = "b3866ea5baf99517fe475d080f55b5af71a1044512491c087d9887d56e1b6b9b";
  CHECK(is_digest_of_before(before));
  CHECK(may_have_length(before, 12345));
  PassingDigest digest(head_of("/x?a=1"), 2, before);
  digest.update(as_bytes(std::string_view("{}")));
  CHECK(digest.finish() == before);
}

}  // namespace
}  // namespace mkt
