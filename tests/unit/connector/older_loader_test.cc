// What older programs cannot load, by the page that describes their schema.
#include "common/connector/older_loader.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/connector/tar_builder.h"

namespace mkt {
namespace {

// The paths of the findings about a manifest with one member changed.
std::vector<std::string> findings(const char* member, const Json& value,
                                  const std::vector<SourceEntry>& entries = {}) {
  Json json = *parse_json(test::kHelloManifest, "it");
  if (member != nullptr) json[member] = value;
  const auto manifest = Manifest::from_json(json);
  if (!manifest) FAIL(manifest.error().message);
  std::vector<std::string> paths;
  for (const ErrorDetail& d : older_loader_findings(*manifest, entries)) paths.push_back(d.path);
  return paths;
}

using Paths = std::vector<std::string>;

TEST_CASE("a connector that every program can load has no findings") {
  CHECK(findings(nullptr, {}).empty());
  for (const char* entrypoint : {"index.js", "a/b-c_d.mjs", "x.cjs"}) {
    CHECK(findings("entrypoint", entrypoint).empty());
  }
  for (const char* version : {"1.0.0", "10.20.30", "2.0.0-rc.1", "2.0.0-0"}) {
    CHECK(findings("version", version).empty());
  }
  CHECK(findings("minCoreVersion", "1.2.3").empty());
  CHECK(findings("description", std::string(512, 'x')).empty());
}

TEST_CASE("each narrower rule of the older schema has its finding") {
  for (const char* entrypoint :
       {"main.py", "index.ts", "index.js.map", "my file.js", "\u00e9.js", "a+b.js"}) {
    CAPTURE(std::string(entrypoint));
    CHECK(findings("entrypoint", entrypoint) == Paths{"entrypoint"});
  }
  for (const char* version : {"1.0.0+build", "1.0.0-a-b", "1.0.0-rc.1+7"}) {
    CAPTURE(std::string(version));
    CHECK(findings("version", version) == Paths{"version"});
  }
  CHECK(findings("minCoreVersion", "1.2.3-rc.1") == Paths{"minCoreVersion"});
  CHECK(findings("description", std::string(513, 'x')) == Paths{"description"});
  // Lengths are JavaScript's: an emoji counts twice.
  std::string emojis;
  for (int i = 0; i < 257; ++i) emojis += "\U0001F600";
  CHECK(findings("description", emojis) == Paths{"description"});
  CHECK(findings("description", emojis.substr(4)).empty());
  std::string license = "MIT";
  while (license.size() <= 64) license += " OR MIT";
  CHECK(findings("license", license) == Paths{"license"});
}

TEST_CASE("paths of more than 100 bytes are one finding that names the first") {
  const std::string fits(100, 'a'), longer(101, 'b');
  CHECK(findings(nullptr, {}, {{fits, false, false, 1}}).empty());
  CHECK(findings(nullptr, {}, {{longer, false, false, 1}, {longer + "c", false, false, 1}}) ==
        Paths{longer});
  // A folder's name ends with a slash in the tarball.
  CHECK(findings(nullptr, {}, {{fits, true, true, 0}}) == Paths{fits});
}

}  // namespace
}  // namespace mkt
