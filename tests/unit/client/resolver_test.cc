#include "cli/client/resolver.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace mkt {
namespace {

// id → version → what it needs.
struct Table : VersionSource {
  static bool is_listed(const std::map<std::string, std::string>& list, const ConnectorId& id,
                        const std::string& version) {
    const auto it = list.find(id.text());
    return it != list.end() && it->second == version;
  }
  std::map<std::string, std::map<std::string, std::map<std::string, std::string>>> all;
  std::map<std::string, std::string> deprecated;
  std::map<std::string, std::string> quarantined;

  Result<std::vector<AvailableVersion>> versions(const ConnectorId& id) override {
    const auto it = all.find(id.text());
    if (it == all.end()) return Error(ErrorCode::connector_not_found, "no " + id.text());
    std::vector<AvailableVersion> found;
    for (const auto& [version, needs] : it->second) {
      AvailableVersion v{*Version::parse(version)};
      v.deprecated = is_listed(deprecated, id, version);
      v.quarantined = is_listed(quarantined, id, version);
      found.push_back(std::move(v));
    }
    return found;
  }
  Result<std::map<std::string, VersionRange>> dependencies(const ConnectorId& id,
                                                           const Version& version) override {
    std::map<std::string, VersionRange> found;
    for (const auto& [needed, range] : all[id.text()][version.text()]) {
      found.emplace(needed, *VersionRange::parse(range));
    }
    return found;
  }
};

struct ResolverFixture {
  // "app@1.0.0 lib@2.0.0", or the error's message.
  std::string resolved(const std::vector<std::string>& specs) {
    std::vector<WantedConnector> wanted;
    for (const std::string& spec : specs) {
      const std::size_t at = spec.find('@');
      std::optional<Version> version;
      if (at != std::string::npos) version = *Version::parse(spec.substr(at + 1));
      wanted.push_back({*ConnectorId::parse(spec.substr(0, at)), version});
    }
    const auto result = resolve(wanted, installed, table);
    if (!result) {
      code = result.error().code;
      return result.error().message;
    }
    std::string text;
    for (const ResolvedConnector& r : *result) {
      text += fmt::format("{}{}@{}", text.empty() ? "" : " ", r.id.text(), r.version.text());
    }
    return text;
  }

  Table table;
  std::map<std::string, InstalledConnector> installed;
  std::optional<ErrorCode> code;
};

TEST_CASE_FIXTURE(ResolverFixture, "what is needed comes before what needs it") {
  table.all = {{"app", {{"1.0.0", {{"lib", "^1.0.0"}, {"log", "*"}}}}},
               {"lib", {{"1.0.0", {{"log", "^1.0.0"}}}}},
               {"log", {{"1.0.0", {}}}}};
  CHECK(resolved({"app"}) == "log@1.0.0 lib@1.0.0 app@1.0.0");
  CHECK(resolved({"log", "app"}) == "log@1.0.0 lib@1.0.0 app@1.0.0");
}

TEST_CASE_FIXTURE(ResolverFixture, "the highest release that every range contains is taken") {
  table.all = {{"app", {{"1.0.0", {{"lib", "^1.0.0"}}}}},
               {"tool", {{"1.0.0", {{"lib", "<1.2.0"}}}}},
               {"lib", {{"1.0.0", {}}, {"1.1.0", {}}, {"1.2.0", {}}, {"2.0.0", {}}}}};
  CHECK(resolved({"app"}) == "lib@1.2.0 app@1.0.0");
  CHECK(resolved({"app", "tool"}) == "lib@1.1.0 app@1.0.0 tool@1.0.0");
  CHECK(resolved({"app", "lib"}) == "lib@1.2.0 app@1.0.0");
}

TEST_CASE_FIXTURE(ResolverFixture, "what hung on a choice that is taken back is asked again") {
  // tool narrows lib to 1.0.0, which needs no log.
  table.all = {{"app", {{"1.0.0", {{"lib", "*"}, {"tool", "*"}}}}},
               {"lib", {{"1.0.0", {}}, {"2.0.0", {{"log", "*"}}}}},
               {"log", {{"1.0.0", {}}}},
               {"tool", {{"1.0.0", {{"lib", "1.x"}}}}}};
  CHECK(resolved({"app"}) == "lib@1.0.0 tool@1.0.0 app@1.0.0");
}

TEST_CASE_FIXTURE(ResolverFixture, "a conflict with a choice that is taken back is none") {
  // lib 2.0.0 wants a log that tool cannot do with, until tool narrows lib to 1.0.0.
  table.all = {{"app", {{"1.0.0", {{"lib", "*"}, {"tool", "*"}}}}},
               {"lib", {{"1.0.0", {{"log", "1.x"}}}, {"2.0.0", {{"log", "2.x"}}}}},
               {"log", {{"1.0.0", {}}, {"2.0.0", {}}}},
               {"tool", {{"1.0.0", {{"lib", "1.x"}, {"log", "1.x"}}}}}};
  CHECK(resolved({"app"}) == "log@1.0.0 lib@1.0.0 tool@1.0.0 app@1.0.0");
  // The same with a connector that nobody has, and with versions that there are not.
  table.all["lib"]["2.0.0"] = {{"missing", "*"}};
  CHECK(resolved({"app"}) == "log@1.0.0 lib@1.0.0 tool@1.0.0 app@1.0.0");
  table.all["lib"]["2.0.0"] = {{"log", "9.x"}};
  CHECK(resolved({"app"}) == "log@1.0.0 lib@1.0.0 tool@1.0.0 app@1.0.0");
}

TEST_CASE_FIXTURE(ResolverFixture, "a long chain is resolved, and told by its end") {
  constexpr int kLength = 900;
  for (int i = 0; i < kLength; ++i) {
    table.all[fmt::format("c{}", i)]["1.0.0"] = {{fmt::format("c{}", i + 1), "*"}};
  }
  table.all[fmt::format("c{}", kLength)]["1.0.0"] = {};
  CHECK(resolved({"c0"}).starts_with("c900@1.0.0 c899@1.0.0 "));
  table.all.erase(fmt::format("c{}", kLength));
  const std::string message = resolved({"c0"});
  CHECK(message.starts_with("… → c891@1.0.0 → "));
  CHECK(message.ends_with("→ c899@1.0.0 → c900: no c900"));
}

TEST_CASE_FIXTURE(ResolverFixture, "what is installed stays where it will do") {
  table.all = {{"app", {{"1.0.0", {{"lib", "^1.0.0"}}}}}, {"lib", {{"1.0.0", {}}, {"1.2.0", {}}}}};
  installed.emplace("lib", InstalledConnector{*Version::parse("1.0.0")});
  CHECK(resolved({"app"}) == "lib@1.0.0 app@1.0.0");
  CHECK(resolved({"lib"}) == "lib@1.2.0");  // asked for by name
  table.all["app"]["1.0.0"]["lib"] = "^1.1.0";
  CHECK(resolved({"app"}) == "lib@1.2.0 app@1.0.0");
}

TEST_CASE_FIXTURE(ResolverFixture, "what is installed makes way where it is not offered any more") {
  table.all = {{"app", {{"1.0.0", {{"lib", "^1.0.0"}}}}}, {"lib", {{"1.0.0", {}}, {"1.2.0", {}}}}};
  installed.emplace("lib", InstalledConnector{*Version::parse("1.1.0")});  // nobody knows it
  CHECK(resolved({"app"}) == "lib@1.2.0 app@1.0.0");
  installed.at("lib").version = *Version::parse("1.0.0");
  table.quarantined["lib"] = "1.0.0";
  CHECK(resolved({"app"}) == "lib@1.2.0 app@1.0.0");
  table.quarantined["lib"] = "1.2.0";
  CHECK(resolved({"lib"}) == "lib@1.0.0");
}

TEST_CASE_FIXTURE(ResolverFixture,
                  "where only a quarantined version would fit, that is the error") {
  table.all = {{"app", {{"1.0.0", {{"lib", "^1.0.0"}}}}}, {"lib", {{"1.0.0", {}}, {"2.0.0", {}}}}};
  table.quarantined["lib"] = "1.0.0";
  const auto refused =
      resolve({{*ConnectorId::parse("app"), std::nullopt}}, installed, table).error();
  CHECK(refused.code == ErrorCode::version_quarantined);
  REQUIRE(refused.details.size() == 1);
  CHECK(refused.details[0].path == "lib@1.0.0");
  // One that would not fit anyway has nothing to do with it.
  table.quarantined["lib"] = "2.0.0";
  CHECK(resolved({"app"}) == "lib@1.0.0 app@1.0.0");
}

TEST_CASE_FIXTURE(ResolverFixture, "what an installed connector needs holds while it stays") {
  table.all = {{"app", {{"1.0.0", {{"lib", "^1.0.0"}}}, {"2.0.0", {{"lib", "^2.0.0"}}}}},
               {"lib", {{"1.0.0", {}}, {"1.2.0", {}}, {"2.0.0", {}}}}};
  installed.emplace("app", InstalledConnector{*Version::parse("1.0.0"),
                                              *table.dependencies(*ConnectorId::parse("app"),
                                                                  *Version::parse("1.0.0"))});
  CHECK(resolved({"lib"}) == "lib@1.2.0");
  CHECK(resolved({"app", "lib"}) == "lib@2.0.0 app@2.0.0");
  CHECK(resolved({"lib@2.0.0"}).find("^1.0.0 (app@1.0.0 → lib)") != std::string::npos);
}

TEST_CASE_FIXTURE(ResolverFixture, "releases and what nobody advises against come first") {
  table.all = {{"lib", {{"1.0.0", {}}, {"1.1.0", {}}, {"2.0.0-rc.1", {}}}}};
  CHECK(resolved({"lib"}) == "lib@1.1.0");
  table.deprecated["lib"] = "1.1.0";
  CHECK(resolved({"lib"}) == "lib@1.0.0");
  CHECK(resolved({"lib@1.1.0"}) == "lib@1.1.0");
  table.all = {{"lib", {{"2.0.0-rc.1", {}}, {"2.0.0-rc.2", {}}}}};
  CHECK(resolved({"lib"}) == "lib@2.0.0-rc.2");
}

TEST_CASE_FIXTURE(ResolverFixture, "a conflict names both ways to it") {
  table.all = {{"app", {{"1.0.0", {{"lib", "^1.0.0"}}}}},
               {"tool", {{"3.0.0", {{"lib", "^2.0.0"}}}}},
               {"lib", {{"1.0.0", {}}, {"2.0.0", {}}}}};
  const std::string message = resolved({"app", "tool"});
  CHECK(code == ErrorCode::dependency_conflict);
  CHECK(message.find("^1.0.0 (app@1.0.0 → lib)") != std::string::npos);
  CHECK(message.find("^2.0.0 (tool@3.0.0 → lib)") != std::string::npos);
  CHECK(resolved({"app", "lib@2.0.0"}).find("2.0.0 (lib)") != std::string::npos);
}

TEST_CASE_FIXTURE(ResolverFixture, "a circle is named step by step") {
  table.all = {{"app", {{"1.0.0", {{"lib", "*"}}}}},
               {"lib", {{"2.0.0", {{"log", "*"}}}}},
               {"log", {{"3.0.0", {{"lib", "*"}}}}}};
  CHECK(resolved({"app"}) ==
        "connectors need each other in a circle: lib@2.0.0 → log@3.0.0 → lib@2.0.0");
  CHECK(code == ErrorCode::dependency_cycle);
  table.all = {{"app", {{"1.0.0", {{"app", "*"}}}}}};
  resolved({"app"});
  CHECK(code == ErrorCode::dependency_cycle);
}

TEST_CASE_FIXTURE(ResolverFixture, "what is missing is named with who needs it") {
  table.all = {{"app", {{"1.0.0", {{"lib", "*"}}}}}};
  CHECK(resolved({"app"}) == "app@1.0.0 → lib: no lib");
  CHECK(code == ErrorCode::connector_not_found);
}

TEST_CASE_FIXTURE(ResolverFixture, "a set that never settles is refused") {
  // Each version of a wants the b that wants the other a.
  table.all = {{"root", {{"1.0.0", {{"a", "*"}}}}},
               {"a", {{"1.0.0", {{"b", "2.x"}}}, {"2.0.0", {{"b", "1.x"}}}}},
               {"b", {{"1.0.0", {{"a", "1.x"}}}, {"2.0.0", {{"a", "2.x"}}}}}};
  resolved({"root"});
  CHECK((code == ErrorCode::dependency_conflict || code == ErrorCode::dependency_cycle));
}

}  // namespace
}  // namespace mkt
