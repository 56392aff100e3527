// Digests as npm's registries name them: W3C's Subresource Integrity. The digests of "abc" are
// those of FIPS 180-4's examples.
#include "cli/import/integrity.h"

#include <doctest/doctest.h>

#include "common/base/files.h"

namespace mkt {
namespace {

const std::string kSha512 =
    "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/"
    "uu9RU1EI2Q86A4qmslPpUyknw==";
const std::string kSha256 = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
const std::string kSha1 = "a9993e364706816aba3e25717850c26c9cd0d89d";
const std::string kOther = "sha512-" + to_base64(Bytes(64, 7));

// What the file "abc" has, or the word of the error.
std::string checked(const std::string& integrity, const std::string& shasum = "") {
  const auto parsed = Integrity::parse(integrity, shasum);
  if (!parsed) return std::string(error_code_name(parsed.error().code));
  const auto file = nameless_file("/tmp", 0600);
  REQUIRE(file);
  REQUIRE(write_all(file->get(), as_bytes("abc"), "a file"));
  const auto is = parsed->check(file->get(), "a file");
  return is ? *is : std::string(error_code_name(is.error().code));
}

TEST_CASE("a file has the digest that is named, or is refused") {
  CHECK(checked(kSha512) == kSha512);
  CHECK(checked(kSha256) == kSha256);
  CHECK(checked("", kSha1) == "sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
  CHECK(checked("sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0=") == "sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
  CHECK(checked(kOther) == "checksum_mismatch");
  CHECK(checked("", std::string(40, 'a')) == "checksum_mismatch");
}

TEST_CASE("the strongest kind counts, and of it any digest") {
  CHECK(checked(kSha256 + " " + kOther) == "checksum_mismatch");
  CHECK(checked(kOther + " " + kSha512) == kSha512);
  CHECK(checked("  md5-x " + kSha512 + "?opt \t") == kSha512);
  // A SHA-1 beside a better digest says nothing.
  CHECK(checked(kOther, kSha1) == "checksum_mismatch");
  CHECK(checked(kSha512, std::string(40, 'a')) == kSha512);
}

TEST_CASE("a strong kind that is malformed does not leave the word to a weaker one") {
  const std::string weak = "sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0=";
  REQUIRE(checked("md5-x " + weak) == weak);
  for (const char* strong : {"sha512-AAAA", "sha512", "sha512-", "SHA512-AAAA", "sha512-?x",
                             "sha384-AAAA", "sha256-AAAA", "sha512-AAAA sha256-AAAA"}) {
    CAPTURE(std::string(strong));
    CHECK(checked(strong + (" " + weak)) == "checksum_mismatch");
    CHECK(checked(weak + " " + strong) == "checksum_mismatch");
  }
  CHECK(checked("sha512-AAAA " + kSha256) == "checksum_mismatch");
  CHECK(checked("sha512-AAAA " + kSha512) == kSha512);
}

TEST_CASE("a text that names no digest is no reason to take the file") {
  for (const char* text :
       {"md5-kAFQmDzST7DWlj99KOF/cg==", "sha512-", "sha512-AAAA", "sha512", "x", "SHA512-AAAA"}) {
    CAPTURE(std::string(text));
    CHECK(checked(text, kSha1) == "checksum_mismatch");
  }
  CHECK(checked("") == "checksum_mismatch");
  CHECK(checked("", "abc") == "checksum_mismatch");
  CHECK(checked(std::string(5000, ' ') + kSha512) == "checksum_mismatch");
}

}  // namespace
}  // namespace mkt
