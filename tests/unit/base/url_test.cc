// Percent coding by RFC 3986.
#include "common/base/url.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TEST_CASE("RFC 3986 section 2.3: unreserved characters stay, all others are coded") {
  CHECK(percent_encode("AZaz09-._~") == "AZaz09-._~");
  CHECK(percent_encode(":/?#[]@!$&'()*+,;=") ==
        "%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D");
  CHECK(percent_encode(std::string_view("\0\xff%", 3)) == "%00%FF%25");
  CHECK(percent_encode("a/b c", "/") == "a/b%20c");
}

TEST_CASE("digits are taken in either case, and what is coded comes back") {
  CHECK(percent_decode("%2f%2F%7e") == "//~");
  CHECK(percent_decode("%C3%A4") == "\xc3\xa4");
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  CHECK(percent_decode(percent_encode(all)) == all);
}

TEST_CASE("a plus is a space in a query alone") {
  CHECK(percent_decode("a+b%2B") == "a+b+");
  CHECK(percent_decode("a+b%2B", Plus::is_space) == "a b+");
}

TEST_CASE("a percent sign without two digits is refused") {
  for (const char* text : {"%", "%2", "a%", "%zz", "%2g", "%+1", "%-1", "% 1", "%%20"}) {
    CAPTURE(text);
    CHECK_FALSE(percent_decode(text));
  }
}

TEST_CASE("user and password are taken out, also of what is no URL") {
  CHECK(without_user_info("http://host:80/path") == "http://host:80/path");
  CHECK(without_user_info("http://me:secret@host:80") == "http://host:80");
  CHECK(without_user_info("http://me:se@c/ret@host") == "http://host");
  CHECK(without_user_info("me:secret@host") == "host");
  CHECK(without_user_info("me:secret@other://host") == "other://host");
  CHECK(without_user_info("").empty());
}

}  // namespace
}  // namespace mkt
