// Settings: one spelling of an origin, times, and who wins.
#include "cli/client/settings.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

TEST_CASE("a registry's origin has one spelling") {
  CHECK(*registry_origin("http://Example.ORG:80/") == "http://example.org");
  CHECK(*registry_origin("https://example.org:443") == "https://example.org");
  CHECK(*registry_origin("HTTP://127.0.0.1:3456//") == "http://127.0.0.1:3456");
  CHECK(*registry_origin("http://[::1]:3456") == "http://[::1]:3456");
}

TEST_CASE("what is no origin is refused: a token must not reach anybody else") {
  for (const char* url : {"", "example.org", "ftp://example.org", "http://", "http://a/b",
                          "http://user@example.org", "http://a?b", "http://a#b", "http://a b",
                          "http://a%2eb", "file:///etc/passwd", "http://a\\b"}) {
    CAPTURE(url);
    CHECK(registry_origin(url).error().code == ErrorCode::usage_error);
  }
}

TEST_CASE("only this machine is loopback") {
  CHECK(is_loopback("http://127.0.0.1:3456"));
  CHECK(is_loopback("http://localhost"));
  CHECK(is_loopback("http://[::1]:1"));
  CHECK_FALSE(is_loopback("http://127.0.0.1.example.org"));
  CHECK_FALSE(is_loopback("http://localhost.example.org:80"));
  CHECK_FALSE(is_loopback("https://example.org"));
}

TEST_CASE("durations") {
  CHECK(parse_duration("500ms")->count() == 500);
  CHECK(parse_duration("30")->count() == 30'000);
  CHECK(parse_duration("30s")->count() == 30'000);
  CHECK(parse_duration("10m")->count() == 600'000);
  CHECK(parse_duration("2h")->count() == 7'200'000);
  for (const char* text : {"", "s", "-1s", "1d", "1.5s", "10 m", "99999999h"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(parse_duration(text));
  }
}

}  // namespace
}  // namespace mkt
