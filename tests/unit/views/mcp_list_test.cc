// Which connectors are MCP servers, in memory.
#include "daemon/views/mcp_list.h"

#include <doctest/doctest.h>

#include "daemon/service/quarantine.h"
#include "daemon/service/visibility.h"
#include "tests/unit/must.h"
#include "tests/unit/service/registry_fixture.h"

namespace mkt {
namespace {

constexpr const char* kServer = R"({"mcp":{"transport":"stdio"}})";
constexpr const char* kWrong = R"({"mcp":{"transport":"pigeon"}})";
constexpr const char* kNoServer = R"({"keywords":["mcp"]})";

struct McpFixture : RegistryFixture {
  McpFixture() : key(add_publisher("acme")), list(registry->market().store, utc_now) {}

  void publish(const std::string& id, const std::string& number, const std::string& manifest) {
    NewVersion v = version(id, number, key);
    v.version.manifest = manifest;
    REQUIRE(registry->publish(v, kActor));
  }
  // "a 1.0.0 1.1.0, b 1.0.0"
  std::string listed() {
    std::string text;
    const auto all = must(list.all());
    for (const auto& [id, connector] : *all) {
      text += (text.empty() ? "" : ", ") + id;
      for (const McpVersion& v : connector->versions) text += " " + v.version;
    }
    return text;
  }

  KeyRecord key;
  McpList list;
};

TEST_CASE_FIXTURE(McpFixture, "a connector is one while its latest version declares it") {
  publish("none", "1.0.0", kNoServer);
  publish("was", "1.0.0", kServer);
  publish("was", "1.1.0", kNoServer);
  publish("wrong", "1.0.0", kServer);
  publish("wrong", "1.1.0", kWrong);
  publish("is", "1.0.0", kNoServer);
  publish("is", "2.0.0", kServer);
  publish("is", "1.5.0", kServer);
  publish("is", "1.6.0", kWrong);
  CHECK(listed() == "is 2.0.0 1.5.0");
  publish("was", "1.2.0", kServer);
  publish("is", "2.1.0", kNoServer);
  CHECK(listed() == "was 1.0.0 1.2.0");
}

TEST_CASE_FIXTURE(McpFixture, "it is the same list whether it was filled or followed") {
  publish("tool", "1.0.0", kServer);
  CHECK(listed() == "tool 1.0.0");
  publish("tool", "1.1.0", kServer);
  REQUIRE(registry->set_deprecated("tool", "1.0.0", "old", utc_now(), kActor));
  REQUIRE(keep_visibility(registry->market(), kActor, nullptr, "tool", {"team"}));
  const auto followed = must(list.all())->at("tool");
  const McpList other(registry->market().store, utc_now);
  const auto filled = must(other.all())->at("tool");
  for (const auto& one : {followed, filled}) {
    CHECK(one->latest_version == "1.1.0");
    CHECK(one->visible_to == std::vector<std::string>{"team"});
    CHECK(one->owners == std::vector<std::string>{"acme"});
    REQUIRE(one->versions.size() == 2);
    CHECK(one->versions[0].status == McpStatus::deprecated);
    CHECK(one->versions[1].status == McpStatus::active);
  }
  CHECK(followed->updated_at == filled->updated_at);
}

TEST_CASE_FIXTURE(McpFixture, "more connectors and versions than a page has are all there") {
  for (int n = 0; n < 510; ++n) publish(fmt::format("tool-{:03}", n), "1.0.0", kServer);
  for (int n = 0; n < 410; ++n) publish("many", fmt::format("1.0.{}", n), kServer);
  const auto all = must(list.all());
  CHECK(all->size() == 511);
  const auto& versions = all->at("many")->versions;
  REQUIRE(versions.size() == 410);
  CHECK(versions[0].version == "1.0.0");
  CHECK(versions[409].version == "1.0.409");
}

struct McpListOfRegistry : RegistryFixture {
  McpListOfRegistry() : key(add_publisher("maker")) {}

  void publish(const std::string& id, const std::string& number, const char* manifest) {
    NewVersion v = version(id, number, key);
    v.version.manifest = manifest;
    v.version.published_at = now;
    REQUIRE(registry->publish(v, kActor));
  }
  // "ID@LATEST: VERSION=STATUS …", or "none".
  std::string shows(const std::string& id) {
    const auto all = must(list.all());
    const auto found = all->find(id);
    if (found == all->end()) return "none";
    std::string text = id + "@" + found->second->latest_version + ":";
    for (const McpVersion& v : found->second->versions) {
      constexpr const char* kWords[] = {"active", "deprecated", "deleted"};
      text += fmt::format(" {}={}", v.version, kWords[static_cast<int>(v.status)]);
    }
    return text;
  }
  UtcTime changed_at(const std::string& id, std::size_t at = 0) {
    return must(list.all())->find(id)->second->versions.at(at).status_changed_at;
  }

  UtcTime now = *parse_utc("2026-01-01T00:00:00Z");
  KeyRecord key;
  McpList list{registry->market().store, [this] { return now; }};
};

TEST_CASE_FIXTURE(McpListOfRegistry,
                  "a status follows the store, and tells when it was first seen") {
  publish("server", "1.0.0", kServer);
  const UtcTime published = now;
  CHECK(changed_at("server") == published);
  now += std::chrono::hours(1);
  REQUIRE(registry->set_deprecated("server", "1.0.0", "old", now, kActor));
  const UtcTime deprecated = now;
  CHECK(shows("server") == "server@1.0.0: 1.0.0=deprecated");
  CHECK(changed_at("server") == deprecated);
  // Something else of the connector changes: not its status.
  now += std::chrono::hours(1);
  publish("server", "1.1.0", kServer);
  CHECK(shows("server") == "server@1.1.0: 1.0.0=deprecated 1.1.0=active");
  CHECK(changed_at("server") == deprecated);
  CHECK(changed_at("server", 1) == now);
  // Quarantined; another version becomes the latest.
  REQUIRE(keep_quarantine(registry->market(), kActor, "server", "1.1.0", "bad", now));
  CHECK(shows("server") == "server@1.0.0: 1.0.0=deprecated 1.1.0=deleted");
  now += std::chrono::hours(1);
  REQUIRE(registry->set_deprecated("server", "1.0.0", std::nullopt, now, kActor));
  CHECK(shows("server") == "server@1.0.0: 1.0.0=active 1.1.0=deleted");
  CHECK(changed_at("server") == now);
}

TEST_CASE_FIXTURE(McpListOfRegistry, "an answer does not change any more") {
  publish("server", "1.0.0", kServer);
  const auto before = must(list.all());
  publish("server", "1.1.0", kServer);
  CHECK(must(list.all())->find("server")->second->versions.size() == 2);
  CHECK(before->find("server")->second->versions.size() == 1);
  CHECK(must(list.all()) == must(list.all()));  // nothing changed: the same
}

}  // namespace
}  // namespace mkt
