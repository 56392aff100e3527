// Checksums against FIPS 180-4's examples.
#include "common/connector/checksum.h"

#include <doctest/doctest.h>

#include "common/base/encoding.h"

namespace mkt {
namespace {

constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST_CASE("SHA-256 is that of FIPS 180-4") {
  CHECK(Checksum::of(as_bytes("abc")).hex() == kAbc);
  CHECK(Checksum::of({}).hex() ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Hasher hasher;
  for (int i = 0; i < 1'000; ++i) hasher.update(as_bytes(std::string(1'000, 'a')));
  CHECK(hasher.finish().hex() ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a checksum is read with and without its prefix, and nothing else is") {
  REQUIRE(Checksum::parse(std::string("sha256:") + kAbc));
  CHECK(Checksum::parse(kAbc)->text() == std::string("sha256:") + kAbc);
  for (const std::string& text :
       {std::string(), std::string("sha256:"), std::string("sha512:") + kAbc,
        std::string(kAbc) + "0", std::string(kAbc).substr(1), "sha256: " + std::string(kAbc),
        "SHA256:" + std::string(kAbc), std::string(64, 'g'), std::string(64, 'A')}) {
    CAPTURE(std::string(text));
    CHECK(!Checksum::parse(text));
  }
}

}  // namespace
}  // namespace mkt
