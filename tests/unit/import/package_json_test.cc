// Manifests made of what a package.json says.
#include "cli/import/package_json.h"

#include <doctest/doctest.h>

#include "common/connector/manifest.h"

namespace mkt {
namespace {

Json json_of(const char* text) {
  const auto json = parse_json(text, "a test");
  REQUIRE(json);
  return *json;
}

const PackageFiles kFiles{"package.json", "dist/index.js", "lib/cli.mjs", "README.md"};

ConnectorDraft npm_draft(const char* text, const PackageFiles& files = kFiles) {
  auto draft = draft_of_npm_package(json_of(text), files);
  if (!draft) FAIL(draft.error().message);
  const auto manifest = Manifest::from_json(draft->manifest);
  if (!manifest) FAIL(manifest.error().message);
  return std::move(*draft);
}

// What the notes are about, joined by blanks.
std::string about(const ConnectorDraft& draft) {
  std::string words;
  for (const ImportNote& n : draft.notes) words += (words.empty() ? "" : " ") + n.about;
  return words;
}
std::string note_about(const ConnectorDraft& draft, std::string_view what) {
  for (const ImportNote& n : draft.notes) {
    if (n.about == what) return n.message;
  }
  return {};
}

TEST_CASE("a package that says everything becomes a manifest that is valid") {
  const ConnectorDraft draft = npm_draft(R"x({
    "name": "@acme/tickets", "version": "1.4.0-rc.1", "description": "Files\n tickets",
    "author": "Acme Inc. <dev@acme.example> (https://acme.example)", "license": "MIT",
    "main": "./dist/index.js", "homepage": "https://acme.example/tickets",
    "repository": {"type": "git", "url": "git+https://code.acme.example/tickets.git"},
    "keywords": ["tickets", "mcp"]})x");
  const Json& m = draft.manifest;
  CHECK(m["id"] == "acme-tickets");
  CHECK(m["version"] == "1.4.0-rc.1");
  CHECK(m["displayName"] == "@acme/tickets");
  CHECK(m["description"] == "Files tickets");
  CHECK(m["author"] == "Acme Inc.");
  CHECK(m["license"] == "MIT");
  CHECK(m["entrypoint"] == "dist/index.js");
  CHECK(m["homepage"] == "https://acme.example/tickets");
  CHECK(m["repository"] == "https://code.acme.example/tickets");
  CHECK(m["keywords"] == Json{"tickets", "mcp"});
  CHECK(m["tools"].size() == 1);
  CHECK(m["tools"][0]["policyClass"] == "DESTRUCTIVE");
  CHECK(!m.contains("mcp"));
  CHECK(about(draft) == "tools");
}

TEST_CASE("a package that says nothing gets careful values, and each is told of") {
  const ConnectorDraft draft = npm_draft(R"({"name": "tickets", "version": "1.0.0"})");
  CHECK(draft.manifest["author"] == "unknown");
  CHECK(draft.manifest["license"] == "LicenseRef-none");
  CHECK(draft.manifest["entrypoint"] == "package.json");
  CHECK(about(draft) == "author license entrypoint tools");
  // The scope is who publishes it.
  CHECK(npm_draft(R"({"name": "@acme/t", "version": "1.0.0"})").manifest["author"] == "acme");
}

TEST_CASE("a package without a name or a version is refused") {
  for (const char* text : {R"({"version": "1.0.0"})", R"({"name": "a"})", R"({"name": 7})", "[]",
                           R"({"name": "", "version": "1.0.0"})"}) {
    CAPTURE(std::string(text));
    CHECK(!draft_of_npm_package(json_of(text), kFiles));
    CHECK(!draft_of_vscode_extension(json_of(text), Json(), kFiles));
  }
}

TEST_CASE("a license is an SPDX expression, or a reference that says what it was") {
  const auto license = [](const std::string& member) {
    return npm_draft((R"({"name": "a", "version": "1.0.0", )" + member + "}").c_str())
        .manifest["license"]
        .get<std::string>();
  };
  CHECK(license(R"x("license": "(MIT OR Apache-2.0)")x") == "(MIT OR Apache-2.0)");
  CHECK(license(R"("license": {"type": "ISC", "url": "x"})") == "ISC");
  CHECK(license(R"("licenses": [{"type": "BSD-2-Clause"}])") == "BSD-2-Clause");
  CHECK(license(R"("license": "SEE LICENSE IN LICENSE.md")") ==
        "LicenseRef-SEE-LICENSE-IN-LICENSE.md");
  CHECK(license(R"("license": "UNLICENSED")") == "LicenseRef-UNLICENSED");
  CHECK(license(R"("license": "\u00bf?")") == "LicenseRef-none");
  CHECK(license(R"("license": 7)") == "LicenseRef-none");
}

TEST_CASE("the entrypoint is what Node.js would load, else the program") {
  const auto entrypoint = [](const std::string& members) {
    return npm_draft((R"({"name": "@acme/cli", "version": "1.0.0", )" + members + "}").c_str())
        .manifest["entrypoint"]
        .get<std::string>();
  };
  CHECK(entrypoint(R"("main": "dist")") == "dist/index.js");
  CHECK(entrypoint(R"("main": "dist/index")") == "dist/index.js");
  CHECK(entrypoint(R"("exports": "./dist/index.js")") == "dist/index.js");
  CHECK(entrypoint(R"("exports": {".": {"types": "./a.d.ts", "import": "./dist/index.js"}})") ==
        "dist/index.js");
  CHECK(entrypoint(R"("bin": "lib/cli.mjs")") == "lib/cli.mjs");
  CHECK(entrypoint(R"("bin": {"other": "dist/index.js", "cli": "lib/cli.mjs"})") == "lib/cli.mjs");
  CHECK(entrypoint(R"("main": "../../etc/passwd", "bin": {"x": "./lib/cli.mjs"})") ==
        "lib/cli.mjs");
  CHECK(entrypoint(R"("main": "missing.js")") == "package.json");
}

TEST_CASE("an entrypoint that is named but not there is told of by its name") {
  const auto note = [](const std::string& members) {
    return note_about(npm_draft((R"({"name": "cli", "version": "1.0.0")" + members + "}").c_str()),
                      "entrypoint");
  };
  CHECK(note("") == "the package names no file to start; it is package.json");
  CHECK(note(R"(, "main": "")") == "the package names no file to start; it is package.json");
  CHECK(note(R"(, "main": "lib/gone.js")") ==
        "the package names lib/gone.js to start, and has no such file; it is package.json");
  CHECK(note(R"(, "main": "index.js", "bin": {"cli": "gone"}, "mcpName": "io.example/cli")") ==
        "the package names gone, index.js to start, and has no such file; it is package.json");
  CHECK(note(R"(, "main": "gone.js", "bin": "lib/cli.mjs")") == "");
  const auto extension = draft_of_vscode_extension(
      json_of(R"({"name": "a", "publisher": "b", "version": "1.0.0", "main": "./out/gone"})"),
      Json(), kFiles);
  REQUIRE(extension);
  CHECK(note_about(*extension, "entrypoint") ==
        "the package names ./out/gone to start, and has no such file; it is package.json");
}

TEST_CASE("a manifest that the package brings is kept, and what it claims is told of") {
  ConnectorDraft draft = npm_draft(R"({"name": "cli", "version": "1.0.0", "author": "Jo",
    "main": "dist/index.js", "license": "?", "scripts": {"install": "x"}})");
  Json own = draft.manifest;
  own["author"] = "Acme Inc.";
  own["version"] = "9.9.9";
  own["tools"] = {{{"name", "send"}, {"policyClass", "READ"}},
                  {{"name", "drop"}, {"policyClass", "DESTRUCTIVE"}},
                  {{"name", "save"}, {"policyClass", "WRITE_NON_DESTRUCTIVE"}}};
  REQUIRE(adopt_manifest(draft, own));
  CHECK(draft.manifest == own);
  CHECK(about(draft) == "scripts manifest tools author version");
  CHECK(note_about(draft, "tools") ==
        "the package gives its tools their classes itself: send is READ, save is "
        "WRITE_NON_DESTRUCTIVE; see that they are right, for approvals go by them");
  CHECK(note_about(draft, "author") ==
        "the manifest that it brings says Acme Inc., the package itself Jo");
  CHECK(note_about(draft, "version") ==
        "the manifest that it brings says 9.9.9, the package itself 1.0.0");
}

TEST_CASE("a manifest that the package brings and that claims nothing new needs no note") {
  ConnectorDraft draft = npm_draft(R"({"name": "cli", "version": "1.0.0", "author": "Jo",
    "main": "dist/index.js", "license": "MIT"})");
  REQUIRE(adopt_manifest(draft, Json(draft.manifest)));
  CHECK(about(draft) == "manifest");
  // What is no tool or no text is for the manifest's own check.
  REQUIRE(adopt_manifest(draft, Json{{"tools", {7, {{"policyClass", 7}}}}, {"author", 7}}));
  CHECK(about(draft) == "manifest");
  CHECK(!adopt_manifest(draft, Json::array()));
}

TEST_CASE("mcpName makes it an MCP server that its program runs") {
  const ConnectorDraft draft = npm_draft(R"({"name": "cli", "version": "1.0.0",
    "mcpName": "io.example/cli", "main": "dist/index.js", "bin": "lib/cli.mjs"})");
  CHECK(draft.manifest["entrypoint"] == "lib/cli.mjs");
  CHECK(draft.manifest["mcp"]["transport"] == "stdio");
  CHECK(draft.manifest["mcp"]["runtimeHint"] == "node");
  CHECK(draft.manifest["mcp"]["arguments"][0]["value"] == "lib/cli.mjs");
}

TEST_CASE("the scripts that npm would run are told of, and no others") {
  const ConnectorDraft draft = npm_draft(R"({"name": "a", "version": "1.0.0",
    "scripts": {"test": "x", "postinstall": "node fetch.js", "prepare": "x"}})");
  CHECK(note_about(draft, "scripts").find("postinstall") != std::string::npos);
  CHECK(note_about(draft, "scripts").find("test") == std::string::npos);
  CHECK(note_about(npm_draft(R"({"name": "a", "version": "1.0.0", "scripts": {"test": "x"}})"),
                   "scripts")
            .empty());
  CHECK(!note_about(
             npm_draft(R"({"name": "a", "version": "1.0.0"})", {"package.json", "binding.gyp"}),
             "scripts")
             .empty());
}

TEST_CASE("packages that it needs are told of, unless it brings them") {
  const char* text = R"({"name": "a", "version": "1.0.0",
    "dependencies": {"left": "^1.0.0", "@acme/right": "2.x"}, "devDependencies": {"x": "1"}})";
  CHECK(note_about(npm_draft(text), "dependencies").find("left@^1.0.0, @acme/right@2.x") !=
        std::string::npos);
  const ConnectorDraft brings = npm_draft(text, {"package.json", "node_modules/left/package.json",
                                                 "node_modules/@acme/right/package.json"});
  CHECK(note_about(brings, "dependencies").empty());
}

TEST_CASE("a repository may be OWNER/NAME at GitHub, a homepage is an address") {
  const ConnectorDraft draft =
      npm_draft(R"({"name": "a", "version": "1.0.0", "repository": "acme/tickets",
    "homepage": "acme.example/docs"})");
  CHECK(draft.manifest["repository"] == "https://github.com/acme/tickets");
  CHECK(!draft.manifest.contains("homepage"));
  CHECK(note_about(draft, "homepage").find("acme.example/docs") != std::string::npos);
}

TEST_CASE("hostile texts fit the manifest, or are left out") {
  const std::string text = R"({"name": ")" + std::string(200, 'n') + R"(", "version": "1.0.0",
    "description": ")" + std::string(5000, 'd') +
                           R"(", "author": {"name": "a\u001b[2J\u202eb"},
    "keywords": ["ok", 7, ")" +
                           std::string(100, 'k') + R"x("], "homepage": "javascript:alert(1)",
    "repository": "https://user:secret@acme.example/x"})x";
  const ConnectorDraft draft = npm_draft(text.c_str());
  CHECK(draft.manifest["id"].get<std::string>().size() == 64);
  CHECK(draft.manifest["author"] == "a [2J b");
  CHECK(draft.manifest["keywords"] == Json{"ok"});
  CHECK(!draft.manifest.contains("homepage"));
  CHECK(!draft.manifest.contains("repository"));
}

TEST_CASE("an extension of VS Code is called PUBLISHER.NAME, and texts are looked up") {
  const Json package = json_of(R"({"name": "Tickets", "publisher": "Acme", "version": "1.4.0",
    "displayName": "%name%", "description": "%about%", "license": "MIT", "main": "./dist/index.js",
    "contributes": {"commands": [], "views": {}}, "extensionDependencies": ["acme.base"]})");
  const Json texts =
      json_of(R"({"name": "Acme's tickets", "about": {"message": "Files tickets"}})");
  const auto draft = draft_of_vscode_extension(package, texts, kFiles);
  if (!draft) FAIL(draft.error().message);
  REQUIRE(Manifest::from_json(draft->manifest));
  CHECK(draft->name == "Acme.Tickets");
  CHECK(draft->manifest["id"] == "acme-tickets");
  CHECK(draft->manifest["displayName"] == "Acme's tickets");
  CHECK(draft->manifest["description"] == "Files tickets");
  CHECK(draft->manifest["author"] == "Acme");
  CHECK(draft->manifest["entrypoint"] == "dist/index.js");
  CHECK(note_about(*draft, "contributes").find("commands, views") != std::string::npos);
  CHECK(note_about(*draft, "dependencies").find("acme.base") != std::string::npos);
  // Without the texts the name is better than a placeholder.
  const auto untold = draft_of_vscode_extension(package, Json(), kFiles);
  REQUIRE(untold);
  CHECK(untold->manifest["displayName"] == "Tickets");
}

}  // namespace
}  // namespace mkt
