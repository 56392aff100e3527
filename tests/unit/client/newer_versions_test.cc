#include "cli/client/newer_versions.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "common/base/files.h"

namespace mkt {
namespace {

constexpr const char* kHere = "http://127.0.0.1:3456";

struct UpdateFixture : VersionSource {
  UpdateFixture()
      : folder(*TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-newer-")) {}

  using Needs = std::map<std::string, std::string>;

  // A version that the registry has.
  AvailableVersion& offer(const std::string& id, const std::string& version, Needs needs = {}) {
    needs_[id + "@" + version] = std::move(needs);
    return versions_[id].emplace_back(AvailableVersion{*Version::parse(version)});
  }
  // A connector that is here, with the manifest that it came with.
  Receipt& install(const std::string& id, const std::string& version, const Needs& needs = {}) {
    Json manifest{{"manifestVersion", "1.0"},
                  {"id", id},
                  {"version", version},
                  {"displayName", id},
                  {"author", "Tests"},
                  {"license", "Apache-2.0"},
                  {"entrypoint", "index.js"},
                  {"capabilities", Json::array({"custom"})},
                  {"tools", Json::array({{{"name", "t"}, {"policyClass", "READ"}}})},
                  {"dependencies", Json::object()}};
    for (const auto& [needed, range] : needs) manifest["dependencies"][needed] = range;
    Installed i{folder.path() / id, {}};
    REQUIRE(make_folders(i.folder, 0755));
    REQUIRE(write_file_atomically(i.folder / kManifestName, dump_json(manifest), 0644));
    i.receipt.id = id;
    i.receipt.version = version;
    i.receipt.registry = kHere;
    return installed.emplace_back(std::move(i)).receipt;
  }
  // "lib@2.0.0 app@2.0.0": what an update of these, or of all, would change.
  std::string changes(const std::vector<std::string>& ids = {}) {
    const auto updates = find_updates(*this, kHere, installed, ids, holds);
    REQUIRE_MESSAGE(updates, updates.error().message);
    held.clear();
    for (const HeldBack& h : updates->held) {
      held += fmt::format("{}@{} ", h.installed.receipt.id, h.version.text());
    }
    remarks = fmt::format("{}", fmt::join(updates->remarks, "\n"));
    std::vector<std::string> all;
    for (const ResolvedConnector& r : updates->changes) {
      all.push_back(r.id.text() + "@" + r.version.text());
    }
    return fmt::format("{}", fmt::join(all, " "));
  }
  bool remarked(const std::string& text) const { return remarks.find(text) != std::string::npos; }

  Result<std::vector<AvailableVersion>> versions(const ConnectorId& id) override {
    const auto it = versions_.find(id.text());
    if (it == versions_.end()) return Error(ErrorCode::connector_not_found, "no " + id.text());
    return it->second;
  }
  Result<std::map<std::string, VersionRange>> dependencies(const ConnectorId& id,
                                                           const Version& version) override {
    std::map<std::string, VersionRange> found;
    for (const auto& [needed, range] : needs_[id.text() + "@" + version.text()]) {
      found.emplace(needed, *VersionRange::parse(range));
    }
    return found;
  }

  TemporaryFolder folder;
  std::vector<Installed> installed;
  std::map<std::string, VersionRange> holds;
  std::string remarks;
  std::string held;  // what a hold keeps back
  std::map<std::string, std::vector<AvailableVersion>> versions_;
  std::map<std::string, Needs> needs_;
};

TEST_CASE_FIXTURE(UpdateFixture, "the newest version is what nobody advises against") {
  install("tool", "1.0.0");
  for (const char* v : {"1.0.0", "1.1.0"}) offer("tool", v);
  CHECK(changes() == "tool@1.1.0");
  offer("tool", "1.2.0").deprecated = true;
  offer("tool", "1.3.0").quarantined = true;
  offer("tool", "1.4.0").prerelease = true;
  offer("tool", "2.0.0-rc.1");
  CHECK(changes() == "tool@1.1.0");
  CHECK(remarks.empty());
}

TEST_CASE_FIXTURE(UpdateFixture, "nothing becomes older, and a prerelease follows prereleases") {
  install("tool", "2.0.0-rc.1");
  for (const char* v : {"1.9.0", "2.0.0-rc.1"}) offer("tool", v);
  CHECK(changes().empty());
  offer("tool", "2.0.0-rc.2");
  CHECK(changes() == "tool@2.0.0-rc.2");
  offer("tool", "2.0.0");
  CHECK(changes() == "tool@2.0.0");
}

TEST_CASE_FIXTURE(UpdateFixture, "what is installed is not broken by what is newer") {
  install("app", "1.0.0", {{"lib", "^1.0.0"}});
  install("lib", "1.0.0");
  offer("app", "1.0.0", {{"lib", "^1.0.0"}});
  for (const char* v : {"1.0.0", "1.1.0", "2.0.0"}) offer("lib", v);
  CHECK(changes() == "lib@1.1.0");
  CHECK(changes({"lib"}) == "lib@1.1.0");
  // With an app that wants it, the newer lib comes; but not by itself.
  offer("app", "2.0.0", {{"lib", "^2.0.0"}});
  CHECK(changes() == "lib@2.0.0 app@2.0.0");
  CHECK(changes({"app"}) == "lib@2.0.0 app@2.0.0");
  CHECK(changes({"lib"}) == "lib@1.1.0");
}

TEST_CASE_FIXTURE(UpdateFixture, "one that cannot be updated does not hold the others back") {
  install("app", "1.0.0", {{"lib", "^1.0.0"}});
  install("lib", "1.0.0");
  install("other", "1.0.0");
  install("tool", "1.0.0", {{"lib", "^1.0.0"}});
  offer("app", "2.0.0", {{"lib", "^2.0.0"}});
  offer("tool", "1.0.0", {{"lib", "^1.0.0"}});
  for (const char* v : {"1.0.0", "2.0.0"}) offer("lib", v);
  for (const char* v : {"1.0.0", "1.5.0"}) offer("other", v);
  CHECK(changes() == "other@1.5.0");
  CHECK(remarked("app@1.0.0 stays as it is"));
  CHECK(remarked("^1.0.0 (tool@1.0.0 → lib)"));
}

TEST_CASE_FIXTURE(UpdateFixture, "what is of another registry or of none is passed over") {
  install("gone", "1.0.0");
  install("strange", "1.0.0").registry = "https://other.example";
  install("tool", "1.0.0");
  for (const char* v : {"1.0.0", "1.1.0"}) offer("tool", v);
  for (const char* v : {"1.0.0", "9.0.0"}) offer("strange", v);
  CHECK(changes() == "tool@1.1.0");
  CHECK(remarked("gone@1.0.0 is not known to the registry"));
  CHECK(remarked("strange@1.0.0 came from https://other.example"));
  CHECK(changes({"tool"}) == "tool@1.1.0");
  CHECK(remarks.empty());
}

TEST_CASE_FIXTURE(UpdateFixture, "an installed version in quarantine is left, or it is said") {
  install("tool", "1.1.0");
  offer("tool", "1.0.0");
  offer("tool", "1.1.0").quarantined = true;
  CHECK(changes().empty());
  CHECK(remarked("tool@1.1.0 is in quarantine"));
  offer("tool", "1.2.0");
  CHECK(changes() == "tool@1.2.0");
  CHECK(remarks.empty());
}

TEST_CASE_FIXTURE(UpdateFixture, "a held connector takes what its hold allows, and no more") {
  install("tool", "1.0.0");
  offer("tool", "1.0.0");
  offer("tool", "1.2.0");
  offer("tool", "2.0.0");
  holds.emplace("tool", *VersionRange::parse("1.x"));
  CHECK(changes() == "tool@1.2.0");
  CHECK(held == "tool@2.0.0 ");
  holds.insert_or_assign("tool", *VersionRange::parse("1.0.0"));
  CHECK(changes() == "");
  CHECK(held == "tool@2.0.0 ");
  holds.insert_or_assign("tool", *VersionRange::parse("2.x"));
  CHECK(changes() == "tool@2.0.0");
  CHECK(held == "");
}

TEST_CASE_FIXTURE(UpdateFixture, "nobody else's needs move a held connector") {
  install("app", "1.0.0", {{"lib", "*"}});
  install("lib", "1.0.0");
  offer("app", "1.0.0", {{"lib", "*"}});
  offer("app", "2.0.0", {{"lib", "^2.0.0"}});
  offer("lib", "1.0.0");
  offer("lib", "2.0.0");
  CHECK(changes({"app"}) == "lib@2.0.0 app@2.0.0");
  holds.emplace("lib", *VersionRange::parse("1.0.0"));
  CHECK(changes({"app"}) == "");
  CHECK(held == "");
}

}  // namespace
}  // namespace mkt
