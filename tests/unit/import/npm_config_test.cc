// Which registry of npm is asked, by npm's own settings.
#include "cli/import/npm_config.h"

#include <doctest/doctest.h>

#include <map>

namespace mkt {
namespace {

struct Given {
  std::string flag;
  std::map<std::string, std::string> variables;
  std::string project, user;
};

// The registry, or the word of the error.
std::string asked(const Given& given, const std::string& scope = "") {
  const NpmSettings settings{given.flag,
                             [&](const char* name) {
                               const auto it = given.variables.find(name);
                               return it == given.variables.end() ? std::string() : it->second;
                             },
                             given.project, given.user};
  const auto config = choose_npm_config(settings, scope);
  return config ? config->registry : std::string(error_code_name(config.error().code));
}

TEST_CASE("the nearest setting names the registry") {
  Given given;
  CHECK(asked(given) == "usage_error");
  given.user = "registry=https://user.example/";
  CHECK(asked(given) == "https://user.example");
  given.project = "registry = https://project.example/npm/";
  CHECK(asked(given) == "https://project.example/npm");
  given.variables["NPM_CONFIG_REGISTRY"] = "https://upper.example";
  CHECK(asked(given) == "https://upper.example");
  given.variables["npm_config_registry"] = "https://lower.example";
  CHECK(asked(given) == "https://lower.example");
  given.flag = "http://127.0.0.1:4873/";
  CHECK(asked(given) == "http://127.0.0.1:4873");
}

TEST_CASE("a scope's own registry is asked for its packages, and for no others") {
  Given given;
  given.user = "registry=https://all.example\n@acme:registry=https://acme.example\n";
  given.variables["npm_config_registry"] = "https://all.example";
  CHECK(asked(given) == "https://all.example");
  CHECK(asked(given, "acme") == "https://acme.example");
  CHECK(asked(given, "other") == "https://all.example");
}

TEST_CASE("only https is asked, or this machine, and no URL with a password") {
  for (const char* url :
       {"http://acme.example", "ftp://acme.example", "https://", "acme.example",
        "https://me:secret@acme.example", "https://acme.example/?x", "https://acme.example/#x",
        "https://acme.example/%2e", "https://acme.example/\x1b", "${NPM_URL}", "file:///etc",
        "http://127.0.0.1.acme.example", "http://localhost@acme.example"}) {
    CAPTURE(std::string(url));
    CHECK(asked({.flag = url, .variables = {}, .project = "", .user = ""}) == "usage_error");
  }
  for (const char* url :
       {"https://acme.example:8443/a/b", "http://localhost:1", "http://[::1]:1"}) {
    CHECK(asked({.flag = url, .variables = {}, .project = "", .user = ""}) == url);
  }
}

TEST_CASE("a line of .npmrc is read as npm reads it") {
  CHECK(!npmrc_value("", "registry"));
  CHECK(!npmrc_value("; registry=a\n# registry=b\nother=c\nregistryx=d\nregistry\n", "registry"));
  CHECK(npmrc_value("registry=a", "registry") == "a");
  CHECK(npmrc_value(" registry =  a \r\nx=y", "registry") == "a");
  CHECK(npmrc_value("registry=\"a\"\n", "registry") == "a");
  CHECK(npmrc_value("registry='a b'\n", "registry") == "a b");
  CHECK(npmrc_value("registry=a\n\n\nregistry=b\n", "registry") == "b");
  CHECK(npmrc_value("//host/:_authToken=secret\nregistry=a=b", "registry") == "a=b");
}

}  // namespace
}  // namespace mkt
