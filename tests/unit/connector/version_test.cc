// Version against semver.org's own examples (2.0.0, sections 2, 9, 10 and 11).
#include "common/connector/version.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

Version v(const char* text) {
  auto version = Version::parse(text);
  if (!version) FAIL(version.error().message);
  return std::move(*version);
}

TEST_CASE("Version takes what semver.org's test table calls valid") {
  for (const char* text : {"0.0.4",
                           "1.2.3",
                           "10.20.30",
                           "1.1.2-prerelease+meta",
                           "1.1.2+meta",
                           "1.1.2+meta-valid",
                           "1.0.0-alpha",
                           "1.0.0-beta",
                           "1.0.0-alpha.beta",
                           "1.0.0-alpha.beta.1",
                           "1.0.0-alpha.1",
                           "1.0.0-alpha0.valid",
                           "1.0.0-alpha.0valid",
                           "1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay",
                           "1.0.0-rc.1+build.1",
                           "2.0.0-rc.1+build.123",
                           "1.2.3-beta",
                           "10.2.3-DEV-SNAPSHOT",
                           "1.2.3-SNAPSHOT-123",
                           "1.0.0",
                           "2.0.0",
                           "1.1.7",
                           "2.0.0+build.1848",
                           "2.0.1-alpha.1227",
                           "1.0.0-alpha+beta",
                           "1.2.3----RC-SNAPSHOT.12.9.1--.12+788",
                           "1.2.3----R-S.12.9.1--.12+meta",
                           "1.2.3----RC-SNAPSHOT.12.9.1--.12",
                           "1.0.0+0.build.1-rc.10000aaa-kk-0.1",
                           "1.0.0-0A.is.legal"}) {
    CAPTURE(std::string(text));
    CHECK(v(text).text() == text);
  }
}

TEST_CASE(
    "Version refuses what semver.org's test table calls invalid, and numbers beyond 64 bits") {
  for (const char* text :
       {"",
        "1",
        "1.2",
        "1.2.3-0123",
        "1.2.3-0123.0123",
        "1.1.2+.123",
        "+invalid",
        "-invalid",
        "-invalid+invalid",
        "-invalid.01",
        "alpha",
        "alpha.beta",
        "alpha.beta.1",
        "alpha.1",
        "alpha+beta",
        "alpha_beta",
        "alpha.",
        "alpha..",
        "beta",
        "1.0.0-alpha_beta",
        "-alpha.",
        "1.0.0-alpha..",
        "1.0.0-alpha..1",
        "1.0.0-alpha...1",
        "1.0.0-alpha....1",
        "01.1.1",
        "1.01.1",
        "1.1.01",
        "1.2.3.DEV",
        "1.2-SNAPSHOT",
        "1.2.31.2.3----RC-SNAPSHOT.12.09.1--..12+788",
        "1.2-RC-SNAPSHOT",
        "-1.0.3-gamma+b7718",
        "+justmeta",
        "9.8.7+meta+meta",
        "9.8.7-whatever+meta+meta",
        "1.0.0-",
        "1.0.0+",
        " 1.0.0",
        "1.0.0 ",
        "v1.0.0",
        "1.0.0\n",
        "18446744073709551616.0.0",
        "99999999999999999999999.999999999999999999.99999999999999999----RC-SNAPSHOT.12.09.1"}) {
    CAPTURE(std::string(text));
    CHECK(!Version::parse(text));
  }
  CHECK(!Version::parse("1.0.0-" + std::string(Version::kMaxLength, 'a')));
  CHECK(v("18446744073709551615.0.0").major() == 18446744073709551615U);
}

TEST_CASE("precedence is semver's section 11") {
  const char* ordered[] = {"0.0.0-0",
                           "0.0.0",
                           "0.9.9",
                           "1.0.0-0",
                           "1.0.0-2",
                           "1.0.0-10",
                           "1.0.0-99999999999999999999",
                           "1.0.0--",
                           "1.0.0-A",
                           "1.0.0-alpha",
                           "1.0.0-alpha.1",
                           "1.0.0-alpha.beta",
                           "1.0.0-beta",
                           "1.0.0-beta.2",
                           "1.0.0-beta.11",
                           "1.0.0-rc.1",
                           "1.0.0",
                           "1.9.0",
                           "1.10.0",
                           "1.11.0",
                           "2.0.0",
                           "2.1.0",
                           "2.1.1"};
  for (std::size_t i = 0; i < std::size(ordered); ++i) {
    for (std::size_t k = 0; k < std::size(ordered); ++k) {
      CAPTURE(std::string(ordered[i]));
      CAPTURE(std::string(ordered[k]));
      CHECK(compare_precedence(v(ordered[i]), v(ordered[k])) == (i <=> k));
    }
  }
}

TEST_CASE("build metadata makes another version of the same precedence") {
  CHECK(compare_precedence(v("1.0.0+a"), v("1.0.0+b")) == std::strong_ordering::equal);
  CHECK(!(v("1.0.0+a") == v("1.0.0+b")));
}

}  // namespace
}  // namespace mkt
