// The manifest's `origin`, part by part.
#include "common/connector/origin.h"

#include <doctest/doctest.h>

#include "common/connector/manifest.h"
#include "tests/unit/connector/tar_builder.h"

namespace mkt {
namespace {

const std::string kDigest512 =
    "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/"
    "uu9RU1EI2Q86A4qmslPpUyknw==";

// The paths that are wrong, joined by blanks.
std::string wrong_origin(const std::string& text) {
  const auto json = parse_json(text, "origin");
  REQUIRE(json);
  std::string paths;
  for (const ErrorDetail& d : check_origin(*json)) {
    CHECK(!d.message.empty());
    paths += (paths.empty() ? "" : " ") + d.path;
  }
  return paths;
}

std::string npm(const std::string& more) {
  return R"({"type": "npm", "name": "@acme/tickets", "version": "1.4.0")" + more + "}";
}
std::string file(const std::string& more) {
  return R"({"type": "vsix", "file": "a.vsix", "sha256": ")" + std::string(64, 'a') + "\"" + more +
         "}";
}

TEST_CASE("an origin of npm names the package, one of a file the file") {
  CHECK(wrong_origin(npm("")) == "");
  CHECK(wrong_origin(npm(", \"integrity\": \"" + kDigest512 +
                         "\", \"url\": \"https://npm.acme.example/t.tgz\", \"later\": 1")) == "");
  CHECK(wrong_origin(file("")) == "");
  CHECK(wrong_origin(file(R"(, "name": "acme.tickets", "version": "1.4.0")")) == "");
  CHECK(wrong_origin("{}") == "origin.type");
  CHECK(wrong_origin("[]") == "origin");
  CHECK(wrong_origin(R"({"type": "carrier-pigeon"})") == "origin.type");
  CHECK(wrong_origin(R"({"type": "npm"})") == "origin.name origin.version");
  CHECK(wrong_origin(R"({"type": "mcpb"})") == "origin.file origin.sha256");
}

TEST_CASE("what a stranger could write into an origin is bounded") {
  CHECK(wrong_origin(npm(R"x(, "url": "javascript:alert(1)")x")) == "origin.url");
  CHECK(wrong_origin(npm(R"(, "url": "https://)" + std::string(2048, 'a') + "\"")) == "origin.url");
  for (const char* integrity : {"md5-AAAA", "sha512-AAAA", "sha512", "sha512-!", "-AAAA"}) {
    CAPTURE(std::string(integrity));
    CHECK(wrong_origin(npm(R"(, "integrity": ")" + std::string(integrity) + "\"")) ==
          "origin.integrity");
  }
  CHECK(wrong_origin(R"({"type": "npm", "name": "a\u001b[2J", "version": 7})") ==
        "origin.name origin.version");
  CHECK(wrong_origin(R"({"type": "npm", "name": ")" + std::string(257, 'a') +
                     R"(", "version": ""})") == "origin.name origin.version");
  CHECK(wrong_origin(R"({"type": "tgz", "file": "../a", "sha256": "AB"})") ==
        "origin.file origin.sha256");
  CHECK(wrong_origin(npm(R"(, "more": ")" + std::string(kMaxOriginBytes, 'x') + "\"")) == "origin");
}

TEST_CASE("an origin is described in a line, and one that is not valid not at all") {
  CHECK(describe_origin(*parse_json(npm(""), "")) == "npm @acme/tickets 1.4.0");
  CHECK(describe_origin(*parse_json(file(""), "")) == "vsix a.vsix");
  CHECK(describe_origin(*parse_json(file(R"(, "name": "acme.tickets", "version": "1.4.0")"), "")) ==
        "vsix a.vsix (acme.tickets 1.4.0)");
  CHECK(describe_origin(*parse_json("{}", "")) == "");
  CHECK(describe_origin(Json()) == "");
}

TEST_CASE("a manifest with an origin that is not valid is refused, and read where it is older") {
  Json manifest = *parse_json(test::kHelloManifest, "a manifest");
  manifest["origin"] = *parse_json(npm(""), "");
  REQUIRE(Manifest::from_json(manifest));
  manifest["origin"] = "npm";
  const auto refused = Manifest::from_json(manifest);
  REQUIRE(!refused);
  CHECK(refused.error().details.front().path == "origin");
  const auto older = Manifest::parse_older(dump_json(manifest));
  REQUIRE(older);
  CHECK(older->shortcomings().size() == 1);
}

}  // namespace
}  // namespace mkt
