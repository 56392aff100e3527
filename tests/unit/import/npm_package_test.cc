// How npm's packages are named, and which version is meant: npm-pick-manifest's rules.
#include "cli/import/npm_package.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

Json document(const std::string& tags, const std::vector<std::string>& versions,
              const std::vector<std::string>& deprecated = {}) {
  Json all = Json::object();
  for (const std::string& v : versions) {
    all[v] = {{"name", "tickets"},
              {"version", v},
              {"dist",
               {{"tarball", "https://npm.acme.example/tickets-" + v + ".tgz"},
                {"integrity", "sha512-x"},
                {"shasum", "y"}}}};
  }
  for (const std::string& v : deprecated) all[v]["deprecated"] = "use another";
  return {{"name", "tickets"}, {"dist-tags", *parse_json(tags, "tags")}, {"versions", all}};
}

// The version chosen, or the word of the error.
std::string chosen(const Json& d, const std::string& wanted) {
  const auto release = choose_npm_release(d, {"tickets", wanted});
  return release ? release->version : std::string(error_code_name(release.error().code));
}

TEST_CASE("a package is a name and what is wanted of it") {
  const auto parsed = [](const char* text) {
    const auto p = NpmPackage::parse(text);
    return p ? p->name + " " + p->wanted + " " + p->in_url() + " " + p->scope() : "refused";
  };
  CHECK(parsed("tickets") == "tickets latest tickets ");
  CHECK(parsed("tickets@1.4.0") == "tickets 1.4.0 tickets ");
  CHECK(parsed("@acme/tickets") == "@acme/tickets latest @acme%2ftickets acme");
  CHECK(parsed("@acme/tickets@^1.4 || 2.x") == "@acme/tickets ^1.4 || 2.x @acme%2ftickets acme");
  CHECK(parsed("tickets@next") == "tickets next tickets ");
  CHECK(parsed("tickets@") == "tickets latest tickets ");
  CHECK(parsed("JSONStream") == "JSONStream latest JSONStream ");
  for (const char* text :
       {"",         "@",       "@acme",       "@acme/", "@/x",   "../x",  "a/b",
        "a b",      ".a",      "_a",          "a?b",    "a%2fb", "a#b",   "@acme/tickets/x",
        "@acme/..", "a@npm:b", "a@https://x", "a@1\n2", "a\xff", "a@\xff"}) {
    CAPTURE(std::string(text));
    CHECK(parsed(text) == "refused");
  }
  CHECK(!NpmPackage::parse(std::string(215, 'a')));
  CHECK(!NpmPackage::parse("a@" + std::string(300, '1')));
}

TEST_CASE("a version, a tag and a range each choose one version") {
  const Json d = document(R"({"latest": "1.4.0", "next": "2.0.0-rc.1"})",
                          {"1.3.0", "1.4.0", "1.5.0", "2.0.0-rc.1"});
  CHECK(chosen(d, "latest") == "1.4.0");
  CHECK(chosen(d, "next") == "2.0.0-rc.1");
  CHECK(chosen(d, "1.3.0") == "1.3.0");
  CHECK(chosen(d, "v1.3.0") == "1.3.0");
  CHECK(chosen(d, "2.0.0-rc.1") == "2.0.0-rc.1");
  // latest, where the range contains it, though there is a higher one.
  CHECK(chosen(d, "^1.3.0") == "1.4.0");
  CHECK(chosen(d, "*") == "1.4.0");
  CHECK(chosen(d, ">1.4.0") == "1.5.0");
  CHECK(chosen(d, "~1.3.0") == "1.3.0");
  CHECK(chosen(d, "3.x") == "version_not_found");
  CHECK(chosen(d, "1.3.1") == "version_not_found");
  CHECK(chosen(d, "beta") == "version_not_found");
}

TEST_CASE("a range takes a deprecated version only where it has no other") {
  const Json d = document(R"({"latest": "2.0.0"})", {"1.0.0", "1.1.0", "2.0.0"}, {"1.1.0"});
  CHECK(chosen(d, "1.x") == "1.0.0");
  CHECK(chosen(d, "~1.1.0") == "1.1.0");
  CHECK(choose_npm_release(d, {"tickets", "1.1.0"})->deprecated == "use another");
  CHECK(choose_npm_release(d, {"tickets", "1.0.0"})->deprecated.empty());
}

TEST_CASE("versions that are none by semver are never in a range") {
  const Json d = document(R"({"latest": "1.0"})", {"1.0", "0.9.0", "banana"});
  CHECK(chosen(d, "*") == "0.9.0");
  CHECK(chosen(d, "latest") == "1.0");
}

TEST_CASE("a document whose integrity is no text is refused") {
  Json d = document(R"({"latest": "1.0.0"})", {"1.0.0"});
  Json& dist = d["versions"]["1.0.0"]["dist"];
  for (const Json& other : {Json(), Json(1), Json::array({"sha512-x"}), Json::object()}) {
    dist["integrity"] = other;
    CHECK(chosen(d, "latest") == "invalid_input");
  }
  dist.erase("integrity");
  CHECK(chosen(d, "latest") == "1.0.0");
}

TEST_CASE("a URL loses its query, which may be a token") {
  CHECK(without_query("https://npm.acme.example/t.tgz") == "https://npm.acme.example/t.tgz");
  CHECK(without_query("https://npm.acme.example/t.tgz?token=x#y") ==
        "https://npm.acme.example/t.tgz");
  CHECK(without_query("https://npm.acme.example/t.tgz#x?y") == "https://npm.acme.example/t.tgz");
}

TEST_CASE("documents that are not of the package are refused") {
  for (const char* text : {"[]", "{}", R"({"versions": 7})"}) {
    CHECK(chosen(*parse_json(text, "a document"), "latest") == "invalid_input");
  }
  const auto with = [](const std::string& member, const Json& value) {
    Json d = document(R"({"latest": "1.0.0"})", {"1.0.0"});
    d["versions"]["1.0.0"][member] = value;
    return chosen(d, "latest");
  };
  CHECK(with("name", "other") == "invalid_input");
  CHECK(with("version", "1.0.1") == "invalid_input");
  CHECK(with("dist", 7) == "invalid_input");
  CHECK(with("dist", Json::object()) == "invalid_input");
  Json d = document(R"({"latest": 7})", {"1.0.0"});
  CHECK(chosen(d, "latest") == "version_not_found");
  d["dist-tags"] = "x";
  CHECK(chosen(d, "latest") == "version_not_found");
  CHECK(chosen(d, "1.x") == "1.0.0");
  d["versions"]["1.0.0"] = 7;
  CHECK(chosen(d, "1.0.0") == "version_not_found");
}

}  // namespace
}  // namespace mkt
