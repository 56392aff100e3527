// Manifests made of the manifest.json of MCP bundles; the examples follow the specification's.
#include "cli/import/mcp_bundle.h"

#include <doctest/doctest.h>

#include <chrono>

#include "common/connector/manifest.h"

namespace mkt {
namespace {

const PackageFiles kBundleFiles{"manifest.json", "server/index.js", "server/tool"};

ConnectorDraft bundle_draft(const std::string& text) {
  const auto json = parse_json(text, "a bundle");
  REQUIRE(json);
  auto draft = draft_of_mcp_bundle(*json, kBundleFiles);
  if (!draft) FAIL(draft.error().message);
  const auto manifest = Manifest::from_json(draft->manifest);
  if (!manifest) FAIL(manifest.error().message);
  return std::move(*draft);
}

// A bundle with that server, and other members.
std::string bundle(const std::string& server, const std::string& more = "") {
  return R"({"manifest_version": "0.3", "name": "tickets", "version": "1.4.0",
    "description": "Files tickets", "author": {"name": "Acme"}, "license": "MIT",
    "server": )" +
         server + more + "}";
}

std::string note_of(const ConnectorDraft& draft, std::string_view what) {
  for (const ImportNote& n : draft.notes) {
    if (n.about == what) return n.message;
  }
  return {};
}

TEST_CASE("a bundle's server becomes the declaration of an MCP server") {
  const ConnectorDraft draft = bundle_draft(bundle(
      R"({"type": "node", "entry_point": "server/index.js", "mcp_config": {"command": "node",
        "args": ["${__dirname}/server/index.js", "${user_config.folders}", "--team=${user_config.team}",
                 "--verbose"],
        "env": {"API_KEY": "${user_config.key}", "MODE": "fast",
                "CONFIG": "${__dirname}/config.json"}}})",
      R"(, "user_config": {
        "key": {"type": "string", "title": "Key", "description": "Your key", "sensitive": true,
                "required": true},
        "folders": {"type": "directory", "title": "Folders", "multiple": true,
                    "default": ["${HOME}/Desktop"]},
        "team": {"type": "number", "title": "Team", "default": 7}},
      "tools": [{"name": "search", "description": "Searches"}, {"name": "file"}])"));
  const Json& m = draft.manifest;
  CHECK(m["id"] == "tickets");
  CHECK(m["author"] == "Acme");
  CHECK(m["entrypoint"] == "server/index.js");
  CHECK(m["mcp"] == *parse_json(R"({
    "transport": "stdio", "runtimeHint": "node",
    "arguments": [
      {"type": "positional", "value": "server/index.js"},
      {"type": "positional", "valueHint": "folders", "description": "Folders", "format": "filepath",
       "isRepeated": true},
      {"type": "named", "name": "--team", "description": "Team", "format": "number", "default": "7"},
      {"type": "positional", "value": "--verbose"}],
    "environment": [
      {"name": "API_KEY", "description": "Your key", "format": "string", "isRequired": true,
       "isSecret": true},
      {"name": "MODE", "value": "fast"},
      {"name": "CONFIG", "value": "config.json"}]})",
                                "what is expected"));
  CHECK(m["tools"].size() == 2);
  CHECK(m["tools"][0]["name"] == "search");
  CHECK(m["tools"][1]["policyClass"] == "DESTRUCTIVE");
  CHECK(note_of(draft, "tools").find("DESTRUCTIVE") != std::string::npos);
}

TEST_CASE("the bundle's folder is taken off wherever it stands, in no time") {
  const std::string folder = "${__dirname}/";
  const auto argument = [](const std::string& text) {
    const ConnectorDraft draft = bundle_draft(bundle(
        R"({"type": "node", "mcp_config": {"command": "node", "args": [")" + text + R"("]}})"));
    return draft.manifest["mcp"]["arguments"][0]["value"].get<std::string>();
  };
  CHECK(argument(folder + "a:" + folder + folder + "b") == "a:b");
  CHECK(argument("${__dir" + folder + "name}/a") == folder + "a");
  std::string many;
  for (int i = 0; i < 200'000; ++i) many += folder;
  const auto begin = std::chrono::steady_clock::now();
  CHECK(argument(many + "a") == "a");
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
}

TEST_CASE("a program of its own needs no other to run it") {
  const ConnectorDraft draft =
      bundle_draft(bundle(R"({"type": "binary", "entry_point": "./server/tool",
        "mcp_config": {"command": "${__dirname}/server/tool", "args": [],
          "platform_overrides": {"win32": {"command": "server/tool.exe"}}}})",
                          R"(, "compatibility": {"platforms": ["darwin", "linux"]})"));
  CHECK(draft.manifest["entrypoint"] == "server/tool");
  CHECK(draft.manifest["mcp"] == Json{{"transport", "stdio"}});
  CHECK(note_of(draft, "mcp").find("platform_overrides") != std::string::npos);
  CHECK(note_of(draft, "compatibility").find("darwin, linux") != std::string::npos);
}

TEST_CASE("a server without mcp_config is run by its type") {
  const ConnectorDraft draft =
      bundle_draft(bundle(R"({"type": "uv", "entry_point": "server/index.js"})"));
  CHECK(draft.manifest["mcp"]["runtimeHint"] == "uv");
  CHECK(draft.manifest["mcp"]["arguments"][0]["value"] == "server/index.js");
}

TEST_CASE("placeholders that nobody fills in are told of") {
  const ConnectorDraft draft = bundle_draft(bundle(R"({"type": "node",
    "entry_point": "server/index.js", "mcp_config": {"command": "node",
    "args": ["${HOME}/x", "a${user_config.b}c"]}})"));
  CHECK(note_of(draft, "mcp").find("${HOME}/x, a${user_config.b}c") != std::string::npos);
}

TEST_CASE("a declaration that is not valid here is left out, and told of") {
  const ConnectorDraft draft = bundle_draft(bundle(R"({"type": "node",
    "entry_point": "server/index.js", "mcp_config": {"command": "node", "args": [")" +
                                                   std::string(2000, 'x') + R"("]}})"));
  CHECK(!draft.manifest.contains("mcp"));
  CHECK(note_of(draft, "mcp").find("mcp.arguments[0].value") != std::string::npos);
}

TEST_CASE("an entry point that is no file of the bundle is not taken") {
  for (const char* path : {"../../etc/passwd", "/etc/passwd", "server/missing.js", ""}) {
    CAPTURE(std::string(path));
    const ConnectorDraft draft =
        bundle_draft(bundle(R"({"type": "node", "entry_point": ")" + std::string(path) + "\"}"));
    CHECK(draft.manifest["entrypoint"] == "manifest.json");
  }
  const ConnectorDraft draft =
      bundle_draft(bundle(R"({"type": "node", "entry_point": "${__dirname}/server/missing.js"})"));
  CHECK(note_of(draft, "entrypoint") ==
        "the package names server/missing.js to start, and has no such file; it is manifest.json");
}

TEST_CASE("what is no manifest of a bundle is refused") {
  for (const char* text :
       {"[]", "{}", R"({"name": "a", "version": "1.0.0"})", R"({"name": "a", "server": {}})",
        R"({"name": "a", "version": "1.0.0", "server": []})",
        R"({"name": 7, "version": "1.0.0", "server": {}})"}) {
    CAPTURE(std::string(text));
    CHECK(!draft_of_mcp_bundle(*parse_json(text, "a bundle"), kBundleFiles));
  }
}

TEST_CASE("hostile members of any type make no manifest that is not valid") {
  for (const char* value : {"7", "null", "[]", "{}", "[[[]]]", R"("\u202e\u0007")", "[7, null, {}]",
                            R"([{"name": 7}])", R"({"name": "x"})"}) {
    CAPTURE(std::string(value));
    for (const char* name :
         {"display_name", "author", "license", "repository", "homepage", "keywords", "tools",
          "user_config", "compatibility", "prompts", "tools_generated"}) {
      CAPTURE(std::string(name));
      std::string text = R"({"name": "a", "version": "1.0.0", "server": {"type": "node",
        "entry_point": "server/index.js", "mcp_config": {"args": ["${user_config.x}"],
        "env": {"A": "${user_config.x}"}}})";
      bundle_draft(text + ", \"" + name + "\": " + value + "}");
    }
    for (const char* name : {"command", "args", "env", "platform_overrides"}) {
      CAPTURE(std::string(name));
      bundle_draft(R"({"name": "a", "version": "1.0.0", "server": {"mcp_config": {")" +
                   std::string(name) + "\": " + value + "}}}");
    }
  }
}

}  // namespace
}  // namespace mkt
