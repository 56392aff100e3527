// The manifest's `mcp`, part by part, by the schema of server.json of 2025-12-11.
#include "common/connector/mcp_declaration.h"

#include <doctest/doctest.h>

#include "common/connector/manifest.h"

namespace mkt {
namespace {

// The paths that are wrong, joined by blanks.
std::string wrong_in(const char* text) {
  const auto json = parse_json(text, "mcp");
  REQUIRE(json);
  std::string paths;
  for (const ErrorDetail& d : check_mcp(*json)) {
    CHECK(!d.message.empty());
    paths += (paths.empty() ? "" : " ") + d.path;
  }
  return paths;
}

TEST_CASE("a declaration needs a transport, and the rest may be left out") {
  CHECK(wrong_in(R"({"transport": "stdio"})") == "");
  CHECK(wrong_in(R"({"transport": {"type": "stdio"}, "later": 1})") == "");
  CHECK(wrong_in(R"({"transport": {"type": "sse", "url": "https://x.example/sse"}})") == "");
  CHECK(wrong_in("{}") == "mcp.transport");
  CHECK(wrong_in("[]") == "mcp");
  CHECK(wrong_in(R"({"transport": "telnet"})") == "mcp.transport");
  CHECK(wrong_in(R"({"transport": {"type": "sse"}})") == "mcp.transport.url");
  CHECK(wrong_in(R"({"transport": {"type": "sse", "url": "http://"}})") == "mcp.transport.url");
  CHECK(wrong_in(R"({"transport": {"type": "ws", "url": "https://x"}})") == "mcp.transport.type");
}

TEST_CASE("a package has one exact version, and an mcpb its SHA-256") {
  const auto package = [](const std::string& members) {
    return wrong_in((R"({"transport": "stdio", "package": {)" + members + "}}").c_str());
  };
  const std::string npm = R"("registryType": "npm", "identifier": "@acme/x")";
  CHECK(package(npm) == "");
  CHECK(package(npm + R"(, "version": "1.0.0-rc.1+2")") == "");
  CHECK(package("") == "mcp.package.registryType mcp.package.identifier");
  for (const char* range : {"^1.0.0", "~1", ">=1", "1.x", "1.*", "latest", "", "1 || 2"}) {
    CAPTURE(range);
    CHECK(package(npm + ", \"version\": \"" + range + "\"") == "mcp.package.version");
  }
  const std::string mcpb = R"("registryType": "mcpb", "identifier": "https://x.example/x.mcpb")";
  CHECK(package(mcpb) == "mcp.package.fileSha256");
  CHECK(package(mcpb + R"(, "fileSha256": ")" + std::string(64, 'a') + "\"") == "");
  CHECK(package(npm + R"(, "fileSha256": "AB")") == "mcp.package.fileSha256");
}

TEST_CASE("arguments and variables are bounded and of known types") {
  CHECK(wrong_in(R"({"transport": "stdio", "arguments": [{"type": "positional", "value": "a"},
      {"type": "positional", "valueHint": "b", "isRepeated": true}, {"type": "named", "name": "-v"}],
      "environment": [{"name": "A", "isSecret": true, "choices": ["x"], "format": "number"}]})") ==
        "");
  CHECK(wrong_in(R"({"transport": "stdio", "arguments": [{"type": "positional"}, {"type": "named"},
      {"type": "other"}, 7], "environment": [{}, {"name": "A", "isSecret": "yes"},
      {"name": "A", "format": "date"}, {"name": "A", "choices": [1]}]})") ==
        "mcp.arguments[0] mcp.arguments[1].name mcp.arguments[2].type mcp.arguments[3] "
        "mcp.environment[0].name mcp.environment[1].isSecret mcp.environment[2].format "
        "mcp.environment[3].choices");
  Json many{{"transport", "stdio"}, {"environment", Json::array()}};
  for (int i = 0; i < 65; ++i) many["environment"].push_back({{"name", "A"}});
  REQUIRE(check_mcp(many).size() == 1);
  CHECK(check_mcp(many)[0].path == "mcp.environment");
  many = {{"transport", "stdio"}, {"later", std::string(kMaxMcpBytes, 'x')}};
  CHECK(check_mcp(many).size() == 1);
}

// Visual Studio Code 1.128 asks for what has a description or a default, and for nothing else.
TEST_CASE("what the user must give has a description that an editor asks by") {
  const auto mcp = parse_json(R"({"transport": {"type": "sse", "url": "https://x.example/sse",
      "headers": [{"name": "Authorization", "isRequired": true}, {"name": "X-Team", "value": "core",
      "isRequired": true}]}, "environment": [{"name": "TOKEN", "isRequired": true},
      {"name": "LEVEL"}, {"name": "REGION", "isRequired": true, "default": "eu"},
      {"name": "KEY", "isRequired": true, "description": "From the admin"}],
      "arguments": [{"type": "positional", "valueHint": "folder"}, {"type": "positional",
      "valueHint": "file", "default": "a"}, {"type": "positional", "value": "serve"},
      {"type": "named", "name": "--quiet", "isRequired": true}]})",
                              "mcp");
  REQUIRE(mcp);
  REQUIRE(check_mcp(*mcp).empty());
  const auto described = [](const Json& inputs) {
    std::string all;
    for (const Json& input : inputs) all += input.value("description", "-") + " ";
    return all;
  };
  CHECK(described(mcp_transport(*mcp)["headers"]) == "Authorization - ");
  CHECK(described(mcp_environment(*mcp)) == "TOKEN - - From the admin ");
  CHECK(described(mcp_arguments(*mcp)) == "folder - - - ");
}

TEST_CASE("a manifest with a wrong declaration is refused, and an older one is taken") {
  const Json json{
      {"manifestVersion", "1.0"},   {"id", "x"},
      {"version", "1.0.0"},         {"displayName", "X"},
      {"author", "Acme"},           {"license", "MIT"},
      {"entrypoint", "index.js"},   {"tools", {{{"name", "t"}, {"policyClass", "READ"}}}},
      {"capabilities", {"custom"}}, {"mcp", "stdio"}};
  CHECK_FALSE(Manifest::from_json(json));
  const auto older = Manifest::parse_older(dump_json(json));
  REQUIRE(older);
  CHECK(older->shortcomings().size() == 1);
}

}  // namespace
}  // namespace mkt
