// Signatures behind MCP bundles, in the form that `mcpb sign` writes.
#include "cli/import/bundle_signature.h"

#include <doctest/doctest.h>

#include "common/base/encoding.h"
#include "common/base/files.h"

namespace mkt {
namespace {

// What is left of the file.
std::string left_of(const std::string& bytes) {
  const auto file = nameless_file("/tmp", 0600);
  REQUIRE(file);
  REQUIRE(write_all(file->get(), as_bytes(bytes), "a bundle"));
  const auto cut = cut_bundle_signature(file->get());
  REQUIRE(cut);
  const auto size = file_size(file->get(), "a bundle");
  REQUIRE(size);
  CHECK(*cut == (*size != bytes.size()));
  return bytes.substr(0, *size);
}

// "" where the signature is taken off, or there is none.
std::string_view refusal(const std::string& bytes) {
  const auto file = nameless_file("/tmp", 0600);
  REQUIRE(file);
  REQUIRE(write_all(file->get(), as_bytes(bytes), "a bundle"));
  const auto cut = cut_bundle_signature(file->get());
  return cut ? "" : error_code_name(cut.error().code);
}

std::string length(std::size_t n) {
  return {static_cast<char>(n & 0xff), static_cast<char>(n >> 8 & 0xff), '\0', '\0'};
}

TEST_CASE("a signature is taken off, of whatever length") {
  const std::string signature(300, 'x');
  CHECK(left_of("zip" + ("MCPB_SIG_V1" + length(300)) + signature + "MCPB_SIG_END") == "zip");
  CHECK(left_of("zip" + ("MCPB_SIG_V1" + length(0)) + "MCPB_SIG_END") == "zip");
  // The name of the header in a file of the bundle is no header.
  CHECK(left_of("MCPB_SIG_V1 zip" + ("MCPB_SIG_V1" + length(1)) + "xMCPB_SIG_END") ==
        "MCPB_SIG_V1 zip");
}

TEST_CASE("a signature in which another bundle could end is refused") {
  for (const std::string& signature :
       {std::string("xPK\5\6x"), "MCPB_SIG_V1" + length(0), "xMCPB_SIG_V1" + length(4) + "abcd",
        "MCPB_SIG_V1" + length(0) + "MCPB_SIG_END"}) {
    CAPTURE(signature);
    CHECK(refusal("zip" + ("MCPB_SIG_V1" + length(signature.size())) + signature +
                  "MCPB_SIG_END") == "archive_unsafe");
  }
}

TEST_CASE("a file without one stays as it is") {
  for (const std::string& bytes :
       {std::string(), std::string("zip"), std::string("zipMCPB_SIG_END"),
        "zipMCPB_SIG_V1" + length(4) + "xxxMCPB_SIG_END", std::string("MCPB_SIG_V1MCPB_SIG_END"),
        "zipMCPB_SIG_V1" + length(3) + "xxxMCPB_SIG_END."}) {
    CHECK(left_of(bytes) == bytes);
  }
}

}  // namespace
}  // namespace mkt
