// The manifest, field by field: a valid one, changed in the one place each test is about.
#include "common/connector/manifest.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

Json valid() {
  return Json{{"manifestVersion", "1.0"},
              {"id", "github"},
              {"version", "1.4.0"},
              {"displayName", "GitHub"},
              {"author", "Acme"},
              {"license", "Apache-2.0"},
              {"entrypoint", "index.js"},
              {"tools", {{{"name", "issues"}, {"policyClass", "READ"}}}},
              {"capabilities", {"vcs", "issue-tracking"}}};
}

Json with(const char* field, Json value) {
  Json manifest = valid();
  manifest[field] = std::move(value);
  return manifest;
}

// The paths that are wrong, joined by blanks; empty for a valid manifest.
std::string wrong(const Json& manifest) {
  const auto result = Manifest::from_json(manifest);
  if (result) return "";
  CHECK(result.error().code == ErrorCode::manifest_invalid);
  std::string paths;
  for (const ErrorDetail& d : result.error().details) {
    CHECK(!d.message.empty());
    paths += (paths.empty() ? "" : " ") + d.path;
  }
  return paths;
}

TEST_CASE("a valid manifest is read, and unknown fields are kept") {
  Json json = with("futureField", {{"a", 1}});
  json["dependencies"] = {{"slack", "^1.0.0"}};
  json["keywords"] = {"git"};
  const auto manifest = Manifest::from_json(json);
  REQUIRE(manifest);
  CHECK(manifest->id().text() == "github");
  CHECK(manifest->version().text() == "1.4.0");
  CHECK(manifest->tools().size() == 1);
  CHECK(manifest->json() == json);
  CHECK(manifest->dependencies().at("slack").text() == "^1.0.0");
  CHECK(!manifest->prerelease());
}

TEST_CASE("every required field is missed by its name, all at once") {
  CHECK(wrong(Json::object()) ==
        "manifestVersion id version displayName author license entrypoint tools capabilities");
  CHECK(wrong({{"manifestVersion", "1.0"}, {"id", "X"}, {"version", "1"}}) ==
        "id version displayName author license entrypoint tools capabilities");
  CHECK(!Manifest::from_json(Json::array()));
  CHECK(!Manifest::from_json("text"));
}

TEST_CASE("a field of another type is named") {
  for (const char* field :
       {"manifestVersion", "id", "version", "displayName", "description", "author", "license",
        "entrypoint", "tools", "capabilities", "minCoreVersion", "repository", "homepage",
        "keywords", "dependencies", "changelog", "releaseNotes", "prerelease", "checksum"}) {
    CAPTURE(std::string(field));
    CHECK(wrong(with(field, 42)) == field);
    CHECK(wrong(with(field, nullptr)) == field);
  }
}

TEST_CASE("lengths are those of the manual, in characters") {
  const std::string umlaut = "\u00e4";
  const auto times = [&](int n) {
    std::string s;
    for (int i = 0; i < n; ++i) s += umlaut;
    return s;
  };
  CHECK(wrong(with("displayName", times(128))) == "");
  CHECK(wrong(with("displayName", times(129))) == "displayName");
  CHECK(wrong(with("displayName", "")) == "displayName");
  CHECK(wrong(with("author", times(129))) == "author");
  CHECK(wrong(with("author", "")) == "author");
  CHECK(wrong(with("description", times(1024))) == "");
  CHECK(wrong(with("description", times(1025))) == "description");
}

TEST_CASE("text that could steer a terminal is refused") {
  CHECK(wrong(with("displayName", "a\x1b[2J")) == "displayName");
  CHECK(wrong(with("author", "a\nb")) == "author");
  CHECK(wrong(with("releaseNotes", "a\nb\tc")) == "");
  CHECK(wrong(with("releaseNotes", "a\x1b")) == "releaseNotes");
}

TEST_CASE("tools have a name, once, and a policy class of three") {
  CHECK(wrong(with("tools", Json::array())) == "tools");
  CHECK(wrong(with("tools", {1})) == "tools[0]");
  CHECK(wrong(with("tools", {{{"name", "a"}}})) == "tools[0].policyClass");
  CHECK(wrong(with("tools", {{{"policyClass", "READ"}}})) == "tools[0].name");
  CHECK(wrong(with("tools", {{{"name", ""}, {"policyClass", "READ"}}})) == "tools[0].name");
  CHECK(wrong(with("tools", {{{"name", "a"}, {"policyClass", "read"}}})) == "tools[0].policyClass");
  const Json a{{"name", "a"}, {"policyClass", "DESTRUCTIVE"}};
  CHECK(wrong(with("tools", {a, a})) == "tools[1].name");
}

TEST_CASE("capabilities are 1 to 20 of the known words") {
  CHECK(wrong(with("capabilities", Json::array())) == "capabilities");
  CHECK(wrong(with("capabilities", {"telepathy"})) == "capabilities[0]");
  CHECK(wrong(with("capabilities", {"vcs", "vcs"})) == "capabilities[1]");
  Json all = Json::array();
  for (const auto word : known_capabilities()) all.push_back(word);
  CHECK(all.size() == 10);
  CHECK(wrong(with("capabilities", all)) == "");
  CHECK(wrong(with("capabilities", Json::array_t(21, "vcs"))) == "capabilities");
}

TEST_CASE("the entrypoint is a path inside the tarball") {
  for (const char* path : {"../x", "/x", "a//b", "a\\b", "", "./x"}) {
    CAPTURE(std::string(path));
    CHECK(wrong(with("entrypoint", path)) == "entrypoint");
  }
  CHECK(wrong(with("entrypoint", "dist/main.js")) == "");
}

TEST_CASE("versions, licenses, URLs, checksums and ranges are checked for their form") {
  CHECK(wrong(with("version", "1.4")) == "version");
  CHECK(wrong(with("minCoreVersion", "one")) == "minCoreVersion");
  CHECK(wrong(with("license", "do what you want")) == "license");
  CHECK(wrong(with("homepage", "javascript:alert(1)")) == "homepage");
  CHECK(wrong(with("homepage", "https://")) == "homepage");
  CHECK(wrong(with("repository", "https://git.example/a b")) == "repository");
  CHECK(wrong(with("repository", "https://git.example/a")) == "");
  CHECK(wrong(with("checksum", "sha256:00")) == "checksum");
  CHECK(wrong(with("checksum", std::string(64, '0'))) == "checksum");
  CHECK(wrong(with("dependencies", {{"slack", "not a range"}})) == "dependencies.slack");
  CHECK(wrong(with("dependencies", {{"Slack", "1.x"}})) == "dependencies.Slack");
  CHECK(wrong(with("dependencies", {{"github", "1.x"}})) == "dependencies.github");
}

TEST_CASE("a version is a prerelease by its number or by its word") {
  CHECK(Manifest::from_json(with("version", "2.0.0-rc.1"))->prerelease());
  CHECK(Manifest::from_json(with("prerelease", true))->prerelease());
}

TEST_CASE("text of more than 1 MiB, broken JSON and names twice are refused") {
  CHECK(Manifest::parse(std::string(kMaxManifestBytes + 1, ' ')).error().code ==
        ErrorCode::manifest_too_large);
  CHECK(Manifest::parse("{").error().code == ErrorCode::invalid_json);
  CHECK(Manifest::parse(R"({"id":"a","id":"b"})").error().code == ErrorCode::invalid_json);
}

TEST_CASE("an older manifest is taken with what it lacks, and is not a current one") {
  const auto older = Manifest::parse_older(
      R"({"id": "bare", "version": "1.0.0", "displayName": "Bare", "capabilities": ["vcs", "teleport"],
          "tools": [{"name": "t"}], "own": 1})");
  REQUIRE(older);
  CHECK(older->author().empty());
  CHECK(older->tools().empty());
  CHECK(older->capabilities() == std::vector<std::string>{"vcs", "teleport"});
  CHECK(older->json()["own"] == 1);
  std::vector<std::string> paths;
  for (const ErrorDetail& d : older->shortcomings()) paths.push_back(d.path);
  CHECK(paths == std::vector<std::string>{"manifestVersion", "author", "license", "entrypoint",
                                          "tools[0].policyClass", "capabilities[1]"});
  REQUIRE(!older->require_current());
  CHECK(older->require_current().error().code == ErrorCode::manifest_invalid);
  // What no registry took.
  for (const char* text : {R"({"version": "1.0.0", "displayName": "B", "capabilities": ["vcs"]})",
                           R"({"id": "bare", "displayName": "B", "capabilities": ["vcs"]})",
                           R"({"id": "bare", "version": "1.0.0", "capabilities": ["vcs"]})",
                           R"({"id": "bare", "version": "1.0.0", "displayName": "B"})",
                           R"({"id": "bare", "version": "1.0", "displayName": "B", "capabilities": ["vcs"]})"}) {
    CAPTURE(std::string(text));
    CHECK(!Manifest::parse_older(text));
  }
}

}  // namespace
}  // namespace mkt
