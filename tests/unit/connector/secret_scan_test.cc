// Credentials inside a file are found, placeholders and look-alikes are not.
#include "common/connector/secret_scan.h"

#include <doctest/doctest.h>

#include "common/base/encoding.h"

namespace mkt {
namespace {

std::string found(std::string_view text, std::size_t step = 1 << 16) {
  SecretScan scan;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, step);
    scan.feed(as_bytes(piece));
    text.remove_prefix(piece.size());
  }
  return scan.found();
}

// Put together here, so that no scanner takes this file for one with secrets.
const std::string kRandom36 = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";

TEST_CASE("tokens with a mark are found wherever they stand") {
  for (const std::string& token :
       {"ghp_" + kRandom36, "npm_" + kRandom36, "AKIA" + std::string("Q3EGR7VNX5TZ2LWB"),
        "glpat-" + kRandom36.substr(0, 20),
        "mkt_" + std::string("0123456789ab_") + std::string(4, '0') +
            "123456789abcdef0123456789abcdef0123456789abcdef0123456789abc",
        "sk_live_" + kRandom36.substr(0, 24), "github_pat_" + kRandom36 + "_" + kRandom36,
        "xoxb-" + std::string("123456789012-123456789012-") + kRandom36.substr(0, 24)}) {
    CAPTURE(token);
    CHECK(!found(token).empty());
    CHECK(!found("const token = '" + token + "';").empty());
    // Also across pieces.
    const std::string deep =
        std::string(5000, 'x') + " \"" + token + "\" " + std::string(5000, 'y');
    for (const std::size_t step : {64UL, 1000UL, 4999UL, 5003UL, 5010UL}) {
      CHECK(!found(deep, step).empty());
    }
  }
}

TEST_CASE("a private key with a body is found, in a file and in a string") {
  const std::string header = "-----BEGIN RSA " + std::string("PRIVATE KEY-----");
  const std::string body = "MIIEpAIBAAKCAQEA" + kRandom36 + "S9t0U1v2W3x4";
  CHECK(found(header + "\n" + body + "\n") == "holds what looks like a private key");
  CHECK(found(header + "\r\n" + body) == "holds what looks like a private key");
  CHECK(!found("x = \"" + header + "\\n" + body + "\\n\"").empty());
  CHECK(found("text.includes('" + header + "')").empty());
  CHECK(found(header + "\n...\n").empty());
  // As the documentation of a public package has it.
  CHECK(found("For example, `" + header + " " + body + " -----END RSA").empty());
  CHECK(found(header + "\n" + std::string(64, 'x') + "\n").empty());
}

TEST_CASE("placeholders and words that begin alike are none") {
  for (const std::string& text :
       {"ghp_" + std::string(36, 'x'), std::string("AKIAIOSFODNN7EXAMPLE"),
        std::string("sk_live_..."), "ghp_" + kRandom36.substr(0, 20), "xghp_" + kRandom36,
        std::string("npm_config_registry npm_package_name_of_a_very_long_kind_of_variable"),
        std::string("mkt_publish_and_pack_and_install_and_verify"),
        std::string("the AKIA prefix")}) {
    CAPTURE(text);
    CHECK(found(text).empty());
  }
}

}  // namespace
}  // namespace mkt
