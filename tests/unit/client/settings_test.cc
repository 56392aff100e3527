// Settings: one spelling of an origin, and who wins.
#include "cli/client/settings.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/unit/must.h"

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
  CHECK(is_loopback("https://127.0.0.1:8443"));
  CHECK(is_loopback("https://localhost"));
  CHECK_FALSE(is_loopback("ftp://127.0.0.1"));
  CHECK_FALSE(is_loopback("http://127.0.0.1.example.org"));
  CHECK_FALSE(is_loopback("http://localhost.example.org:80"));
  CHECK_FALSE(is_loopback("https://example.org"));
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
    unset();
    ::setenv("XDG_CONFIG_HOME", folder_.c_str(), 1);
    for (const auto& [variable, value] : variables) ::setenv(variable, value, 1);
  }
  ~Environment() {
    unset();
    std::filesystem::remove_all(folder_);
  }
  Environment(const Environment&) = delete;

 private:
  static void unset() {
    for (const char* variable :
         {"MKT_REGISTRY", "MKT_TOKEN", "MKT_TENANT", "MKT_MAX_ENTRIES", "MKT_MAX_UNPACKED_BYTES",
          "MKT_REQUIRE_TRUSTED", "MKT_CACHE_SIZE", "MKT_CA_FILE", "XDG_CONFIG_HOME"}) {
      ::unsetenv(variable);
    }
  }

  std::filesystem::path folder_;
};

SettingFlags to_registry(const char* url) {
  SettingFlags flags;
  flags.registry = url;
  return flags;
}

TEST_CASE("MKT_TOKEN is for MKT_REGISTRY and goes to no other") {
  const Environment e({{"MKT_REGISTRY", "https://a.example"}, {"MKT_TOKEN", "secret"}});
  CHECK(must(Settings::load({})).token == "secret");
  const auto other = Settings::load(to_registry("https://b.example"));
  CHECK_FALSE(other->token);
  CHECK(other->withheld.find("https://a.example") != std::string::npos);
  CHECK(other->withheld.find("secret") == std::string::npos);
  CHECK(must(Settings::load(to_registry("https://A.example:443/"))).token == "secret");
}

TEST_CASE("MKT_TOKEN alone is for the registry of the command") {
  const Environment e({{"MKT_TOKEN", "secret"}});
  CHECK(must(Settings::load(to_registry("https://b.example"))).token == "secret");
}

TEST_CASE("config.toml's token is for config.toml's registry") {
  const Environment e({}, "registry = \"https://a.example\"\ntoken = \"secret\"\n");
  CHECK(must(Settings::load({})).token == "secret");
  CHECK_FALSE(must(Settings::load(to_registry("https://b.example"))).token);
}

TEST_CASE("settings for another registry carry no token") {
  const Environment e({{"MKT_TOKEN", "secret"}});
  CHECK_FALSE(must(Settings::load({})).at("https://b.example").token);
}

TEST_CASE("require_trusted is a setting") {
  const Environment e({}, "require_trusted = true\n");
  CHECK(must(Settings::load({})).require_trusted);
  const Environment f({{"MKT_REQUIRE_TRUSTED", "perhaps"}});
  CHECK(Settings::load({}).error().code == ErrorCode::usage_error);
}

TEST_CASE("cache-size is a size with a unit or in bytes, and 0 is no cache") {
  const std::pair<const char*, std::uint64_t> sizes[] = {
      {"0", 0}, {"1000", 1000}, {"4KiB", 4096}, {"500 MiB", 500ULL << 20}, {"2GiB", 2ULL << 30}};
  CHECK((Environment({}), must(Settings::load({})).cache_bytes) == 1ULL << 30);
  for (const auto& [written, bytes] : sizes) {
    const std::string text = written;
    CAPTURE(text);
    const Environment by_variable({{"MKT_CACHE_SIZE", written}}, "cache-size = \"3KiB\"\n");
    CHECK(must(Settings::load({})).cache_bytes == bytes);
    const Environment by_file({}, fmt::format("cache-size = \"{}\"\n", text));
    CHECK(must(Settings::load({})).cache_bytes == bytes);
  }
  const Environment number({}, "cache_size = 4096\n");
  CHECK(must(Settings::load({})).cache_bytes == 4096);
  for (const char* text : {"-1", "1GB", "1.5GiB", "GiB", "much", "99999999999GiB", "1GiB "}) {
    CAPTURE(std::string(text));
    const Environment e({{"MKT_CACHE_SIZE", text}});
    CHECK(Settings::load({}).error().code == ErrorCode::usage_error);
  }
}

TEST_CASE("a flag wins over the environment, and the environment over config.toml") {
  SettingFlags flags;
  flags.tenant = "by-flag";
  const std::string config = "tenant = \"by-file\"\nmax_entries = 10\n";
  const Environment e({{"MKT_TENANT", "by-variable"}, {"MKT_MAX_ENTRIES", "20"}}, config);
  const auto by_flag = Settings::load(flags);
  REQUIRE(by_flag);
  CHECK(by_flag->tenant->text() == "by-flag");
  const auto by_variable = Settings::load({});
  REQUIRE(by_variable);
  CHECK(by_variable->tenant->text() == "by-variable");
  CHECK(by_variable->archive.entries == 20);
  const Environment f({}, config);
  const auto by_file = Settings::load({});
  REQUIRE(by_file);
  CHECK(by_file->tenant->text() == "by-file");
  CHECK(by_file->archive.entries == 10);
}

TEST_CASE("--token-file wins over MKT_TOKEN, and config.toml's token over its token_file") {
  const Environment e({{"MKT_TOKEN", "by-variable"}},
                      "token = \"by-file\"\ntoken_file = \"/nowhere\"\n");
  SettingFlags flags;
  flags.token_file = config_file().string() + ".token";
  std::ofstream(flags.token_file) << "by-flag\n";
  CHECK(must(Settings::load(flags)).token == "by-flag");
  CHECK(must(Settings::load({})).token == "by-variable");
  ::unsetenv("MKT_TOKEN");
  CHECK(must(Settings::load({})).token == "by-file");
}

TEST_CASE("each setting says where its value comes from") {
  SettingFlags flags;
  flags.tenant = "team";
  const Environment e({{"MKT_MAX_ENTRIES", "many"}}, "key = \"acme:1\"\nrequire_trusted = true\n");
  const auto sources = setting_sources(flags);
  REQUIRE(sources);
  std::vector<std::string> said;
  for (const SettingSource& each : *sources) {
    const char* place[] = {"flag", each.variable, "config.toml", "default"};
    said.push_back(std::string(each.name) + " " + each.value + " " +
                   place[static_cast<std::size_t>(each.place)]);
  }
  CHECK(said ==
        std::vector<std::string>{"registry http://127.0.0.1:3456 default", "token  default",
                                 "token_file  default", "tenant team flag",
                                 "key acme:1 config.toml", "max_entries many MKT_MAX_ENTRIES",
                                 "max_unpacked_bytes  default", "require_trusted true config.toml",
                                 "cache_size 1GiB default", "ca_file  default"});
}

TEST_CASE("MKT_KEY wins over the key of config.toml") {
  const Environment e({{"MKT_KEY", "acme:2"}}, "key = \"acme:1\"\n");
  const auto sources = must(setting_sources({}));
  const auto key = std::ranges::find(sources, "key", &SettingSource::name);
  REQUIRE(key != sources.end());
  CHECK(key->value == "acme:2");
  CHECK(key->place == SettingPlace::environment);
}

}  // namespace
}  // namespace mkt
