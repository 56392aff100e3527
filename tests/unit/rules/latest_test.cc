// Which version is the latest.
#include "daemon/rules/latest.h"

#include <doctest/doctest.h>

#include <string>

namespace mkt {
namespace {

VersionRecord version(const std::string& text, bool quarantined = false) {
  VersionRecord v;
  v.version = text;
  v.quarantined = quarantined;
  return v;
}

std::string latest(const std::vector<VersionRecord>& versions) {
  const VersionRecord* found = latest_of(versions);
  return found == nullptr ? "" : found->version;
}

TEST_CASE("the highest release by semver's precedence, not the newest") {
  CHECK(latest({}) == "");
  CHECK(latest({version("1.9.0"), version("1.10.0"), version("1.2.0")}) == "1.10.0");
}

TEST_CASE("a prerelease only while there is no release") {
  CHECK(latest({version("2.0.0-rc.1"), version("2.0.0-rc.2")}) == "2.0.0-rc.2");
  CHECK(latest({version("2.0.0-rc.2"), version("0.1.0")}) == "0.1.0");
}

TEST_CASE("one in quarantine only while there is no other") {
  CHECK(latest({version("2.0.0", true), version("1.0.0-rc.1")}) == "1.0.0-rc.1");
  CHECK(latest({version("1.0.0", true), version("2.0.0", true)}) == "2.0.0");
}

}  // namespace
}  // namespace mkt
