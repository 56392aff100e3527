// Settings: one spelling of an origin, times, and who wins.
#include "cli/client/settings.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace mkt {
namespace {

TEST_CASE("a registry's origin has one spelling") {
  CHECK(*registry_origin("http://Example.ORG:80/") == "http://example.org");
  CHECK(*registry_origin("https://example.org:443") == "https://example.org");
  CHECK(*registry_origin("HTTP://127.0.0.1:3456//") == "http://127.0.0.1:3456");
  CHECK(*registry_origin("http://[::1]:3456") == "http://[::1]:3456");
}

TEST_CASE("what is no origin is refused: a token must not reach anybody else") {
  for (const char* url : {"", "example.org", "ftp://example.org", "http://", "http://a/b",
                          "http://user@example.org", "http://a?b", "http://a#b", "http://a b",
                          "http://a%2eb", "file:///etc/passwd", "http://a\\b"}) {
    CAPTURE(url);
    CHECK(registry_origin(url).error().code == ErrorCode::usage_error);
  }
}

TEST_CASE("only this machine is loopback") {
  CHECK(is_loopback("http://127.0.0.1:3456"));
  CHECK(is_loopback("http://localhost"));
  CHECK(is_loopback("http://[::1]:1"));
  CHECK_FALSE(is_loopback("http://127.0.0.1.example.org"));
  CHECK_FALSE(is_loopback("http://localhost.example.org:80"));
  CHECK_FALSE(is_loopback("https://example.org"));
}

TEST_CASE("durations") {
  CHECK(parse_duration("500ms")->count() == 500);
  CHECK(parse_duration("30")->count() == 30'000);
  CHECK(parse_duration("30s")->count() == 30'000);
  CHECK(parse_duration("10m")->count() == 600'000);
  CHECK(parse_duration("2h")->count() == 7'200'000);
  CHECK(parse_duration("7d")->count() == 604'800'000);
  for (const char* text : {"", "s", "-1s", "1w", "1.5s", "10 m", "99999999h"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("a moment is a time, a day, or how long ago") {
  const UtcTime now = *parse_utc("2026-03-10T12:00:00Z");
  CHECK(format_utc(*parse_moment("2026-01-31T01:00:00+01:00", now)) == "2026-01-31T00:00:00.000Z");
  CHECK(format_utc(*parse_moment("2026-01-31", now)) == "2026-01-31T00:00:00.000Z");
  CHECK(format_utc(*parse_moment("36h", now)) == "2026-03-09T00:00:00.000Z");
  CHECK(parse_moment("2026-02-30", now).error().code == ErrorCode::usage_error);
  CHECK(parse_moment("yesterday", now).error().code == ErrorCode::usage_error);
}

// Sets variables for as long as it lives, in a folder of its own for settings.
class Environment {
 public:
  explicit Environment(std::initializer_list<std::pair<const char*, const char*>> variables,
                       const std::string& config = "") {
    char name[] = "/tmp/mkt-settings-XXXXXX";
    folder_ = ::mkdtemp(name);
    std::filesystem::create_directories(folder_ / "mkt");
    std::ofstream(folder_ / "mkt" / "config.toml") << config;
    for (const char* v : {"MKT_REGISTRY", "MKT_TOKEN", "MKT_REQUIRE_TRUSTED"}) ::unsetenv(v);
    ::setenv("XDG_CONFIG_HOME", folder_.c_str(), 1);
    for (const auto& [variable, value] : variables) ::setenv(variable, value, 1);
  }
  ~Environment() {
    for (const char* v : {"MKT_REGISTRY", "MKT_TOKEN", "MKT_REQUIRE_TRUSTED", "XDG_CONFIG_HOME"}) {
      ::unsetenv(v);
    }
    std::filesystem::remove_all(folder_);
  }
  Environment(const Environment&) = delete;

 private:
  std::filesystem::path folder_;
};

SettingFlags to_registry(const char* url) {
  SettingFlags flags;
  flags.registry = url;
  return flags;
}

TEST_CASE("MKT_TOKEN is for MKT_REGISTRY and goes to no other") {
  const Environment e({{"MKT_REGISTRY", "https://a.example"}, {"MKT_TOKEN", "secret"}});
  CHECK(Settings::load({})->token == "secret");
  const auto other = Settings::load(to_registry("https://b.example"));
  CHECK_FALSE(other->token);
  CHECK(other->withheld.find("https://a.example") != std::string::npos);
  CHECK(other->withheld.find("secret") == std::string::npos);
  CHECK(Settings::load(to_registry("https://A.example:443/"))->token == "secret");
}

TEST_CASE("MKT_TOKEN alone is for the registry of the command") {
  const Environment e({{"MKT_TOKEN", "secret"}});
  CHECK(Settings::load(to_registry("https://b.example"))->token == "secret");
}

TEST_CASE("config.toml's token is for config.toml's registry") {
  const Environment e({}, "registry = \"https://a.example\"\ntoken = \"secret\"\n");
  CHECK(Settings::load({})->token == "secret");
  CHECK_FALSE(Settings::load(to_registry("https://b.example"))->token);
}

TEST_CASE("settings for another registry carry no token") {
  const Environment e({{"MKT_TOKEN", "secret"}});
  CHECK_FALSE(Settings::load({})->at("https://b.example").token);
}

TEST_CASE("require_trusted is a setting") {
  const Environment e({}, "require_trusted = true\n");
  CHECK(Settings::load({})->require_trusted);
  const Environment f({{"MKT_REQUIRE_TRUSTED", "perhaps"}});
  CHECK(Settings::load({}).error().code == ErrorCode::usage_error);
}

}  // namespace
}  // namespace mkt
