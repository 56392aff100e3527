// MacKey: a code fits one text and one key.
#include "common/base/mac_key.h"

#include <doctest/doctest.h>

#include "common/base/same_secret.h"

namespace mkt {
namespace {

TEST_CASE("a code fits the text that it was made of, and no other") {
  const MacKey key = MacKey::random();
  const std::string code = key.code_of("text");
  CHECK(code.size() == 64);
  CHECK(key.is_code(code, "text"));
  CHECK_FALSE(key.is_code(code, "texts"));
  CHECK_FALSE(key.is_code(code, ""));
  CHECK_FALSE(key.is_code("", "text"));
  CHECK_FALSE(key.is_code(code.substr(1), "text"));
  CHECK_FALSE(MacKey::random().is_code(code, "text"));
}

TEST_CASE("a key that was kept is the same key") {
  const MacKey key = MacKey::random();
  const auto kept = MacKey::from_hex(key.hex());
  REQUIRE(kept);
  CHECK(kept->is_code(key.code_of("text"), "text"));
  for (const std::string& wrong :
       {std::string(), key.hex().substr(2), key.hex() + "00", std::string(64, 'x')}) {
    CHECK_FALSE(MacKey::from_hex(wrong));
  }
}

TEST_CASE("codes are those of HMAC-SHA512, cut to 256 bits") {
  // RFC 4231, test case 1: the key is 20 bytes of 0x0b; crypto_auth takes 32, and HMAC fills with
  // 0.
  const auto key =
      MacKey::from_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b000000000000000000000000");
  REQUIRE(key);
  CHECK(key->code_of("Hi There") ==
        "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde");
}

TEST_CASE("secrets are compared whole") {
  CHECK(same_secret("abc", "abc"));
  CHECK_FALSE(same_secret("abc", "abd"));
  CHECK_FALSE(same_secret("abc", "ab"));
  CHECK_FALSE(same_secret("abc", ""));
}

}  // namespace
}  // namespace mkt
