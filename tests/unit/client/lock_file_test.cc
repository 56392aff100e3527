#include "cli/client/lock_file.h"

#include <doctest/doctest.h>

#include <thread>

#include "common/base/files.h"

namespace mkt {
namespace {

struct LockFixture {
  LockFixture()
      : folder(*TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-lock-")) {}
  // One level down: a TemporaryFolder is locked itself.
  std::filesystem::path project() const { return folder.path() / "project"; }
  std::filesystem::path root() const { return project() / "connectors"; }
  LockFile read() const {
    auto lock = LockFile::read_beside(root());
    REQUIRE(lock);
    return std::move(*lock);
  }
  std::string text() const { return *read_file(project() / kLockName, 1 << 20); }
  static LockEntry entry(const std::string& version) {
    return {version, "sha256:" + std::string(64, 'a'), "acme:0123456789abcdef"};
  }
  TemporaryFolder folder;
};

TEST_CASE_FIXTURE(LockFixture, "the same connectors give the same bytes, in whatever order") {
  LockFile lock = read();
  lock.set("b", entry("1.0.0"));
  lock.set("a", entry("2.0.0"));
  REQUIRE(lock.write());
  const std::string first = text();
  std::filesystem::remove(lock.path());
  LockFile other = read();
  other.set("a", entry("2.0.0"));
  other.set("b", entry("1.0.0"));
  REQUIRE(other.write());
  CHECK(text() == first);
  CHECK(*read().find("a") == entry("2.0.0"));
}

TEST_CASE_FIXTURE(LockFixture, "it is beside the connectors, however their folder is named") {
  REQUIRE(make_folders(root() / "tool", 0755));
  const auto lock = std::filesystem::canonical(project()) / kLockName;
  for (const char* name : {"connectors", "connectors/", "connectors/.", "connectors/tool/.."}) {
    CAPTURE(name);
    const auto read = LockFile::read_beside(project() / name);
    REQUIRE(read);
    CHECK(std::filesystem::weakly_canonical(read->path()) == lock);
  }
}

TEST_CASE_FIXTURE(LockFixture, "each folder of connectors has its own") {
  LockFile first = read();
  LockFile second = *LockFile::read_beside(project() / "plugins");
  first.set("a", entry("1.0.0"));
  second.set("b", entry("1.0.0"));
  REQUIRE(first.write());
  REQUIRE(second.write());
  CHECK(second.path().filename() == "plugins.mkt.lock");
  CHECK(read().find("b") == nullptr);
  CHECK(LockFile::read_beside(project() / "plugins/")->find("a") == nullptr);
  CHECK(LockFile::read_beside(project() / "plugins/")->find("b") != nullptr);
}

TEST_CASE_FIXTURE(LockFixture, "a folder and a link to it have one lock") {
  REQUIRE(make_folders(root(), 0755));
  std::filesystem::create_directory_symlink(root(), folder.path() / "link");
  LockFile lock = *LockFile::read_beside(folder.path() / "link");
  lock.set("a", entry("1.0.0"));
  REQUIRE(lock.write());
  CHECK(read().find("a") != nullptr);
}

TEST_CASE_FIXTURE(LockFixture, "to install, an older lock beside the folder stands for its own") {
  LockFile older = read();
  older.set("a", entry("1.0.0"));
  REQUIRE(older.write());
  CHECK(LockFile::read_to_install(project() / "plugins")->find("a") != nullptr);
  LockFile own = *LockFile::read_beside(project() / "plugins");
  CHECK_FALSE(own.exists());
  own.set("b", entry("1.0.0"));
  REQUIRE(own.write());
  CHECK(LockFile::read_to_install(project() / "plugins")->find("a") == nullptr);
}

TEST_CASE_FIXTURE(LockFixture, "an empty lock is there, and none is not") {
  CHECK_FALSE(read().exists());
  REQUIRE(make_folders(project(), 0755));
  REQUIRE(write_file_atomically(project() / kLockName, R"({"lockVersion": 1, "connectors": []})",
                                0644));
  CHECK(read().exists());
  CHECK(read().connectors().empty());
}

TEST_CASE_FIXTURE(LockFixture, "what others wrote meanwhile stays") {
  LockFile one = read(), two = read();
  one.set("a", entry("1.0.0"));
  two.set("b", entry("1.0.0"));
  REQUIRE(one.write());
  REQUIRE(two.write());
  CHECK(read().connectors().size() == 2);
  one.remove("a");
  REQUIRE(one.write());
  CHECK(read().find("a") == nullptr);
  CHECK(read().find("b") != nullptr);
}

TEST_CASE_FIXTURE(LockFixture, "many at once lose nothing") {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      auto lock = LockFile::read_beside(root());
      if (!lock) return;
      lock->set("c" + std::to_string(i), entry("1.0.0"));
      (void)lock->write();
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(read().connectors().size() == 8);
}

TEST_CASE_FIXTURE(LockFixture, "a file that is no lock is refused") {
  for (const char* bad : {"", "[]", "{}", R"({"lockVersion": 2, "connectors": []})",
                          R"({"lockVersion": 1, "connectors": [{"id": "a"}]})"}) {
    CAPTURE(bad);
    REQUIRE(make_folders(project(), 0755));
    REQUIRE(write_file_atomically(project() / kLockName, bad, 0644));
    const auto lock = LockFile::read_beside(root());
    REQUIRE_FALSE(lock);
    CHECK(lock.error().code == ErrorCode::data_damaged);
  }
}

TEST_CASE_FIXTURE(LockFixture, "a hold stays with its connector, and goes with it") {
  LockFile lock = read();
  lock.set("a", entry("1.0.0"));
  lock.set("b", entry("1.0.0"));
  lock.hold("a", *VersionRange::parse("1.x"));
  lock.hold("unknown", *VersionRange::parse("1.x"));
  REQUIRE(lock.write());
  LockFile again = read();
  CHECK(again.holds().size() == 1);
  CHECK(again.holds().at("a").text() == "1.x");
  again.set("a", entry("1.1.0"));
  REQUIRE(again.write());
  CHECK(read().holds().at("a").text() == "1.x");
  again.remove("a");
  REQUIRE(again.write());
  CHECK(read().holds().empty());
}

TEST_CASE_FIXTURE(LockFixture, "a hold at the exact version follows an install of another") {
  LockFile lock = read();
  lock.set("a", entry("1.0.0"));
  lock.hold("a", *VersionRange::parse("1.0.0"));
  REQUIRE(lock.write());
  LockFile install = read();
  install.set("a", entry("2.0.0"));
  REQUIRE(install.write());
  CHECK(read().holds().at("a").text() == "2.0.0");
}

TEST_CASE_FIXTURE(LockFixture, "a hold and an install at the same time are both kept") {
  LockFile lock = read();
  lock.set("a", entry("1.0.0"));
  REQUIRE(lock.write());
  LockFile install = read();
  LockFile hold = read();
  hold.hold("a", *VersionRange::parse("1.x"));
  REQUIRE(hold.write());
  install.set("a", entry("1.1.0"));
  REQUIRE(install.write());
  CHECK(read().find("a")->version == "1.1.0");
  CHECK(read().holds().at("a").text() == "1.x");
  LockFile undo = read();
  undo.hold("a", std::nullopt);
  REQUIRE(undo.write());
  CHECK(read().holds().empty());
}

TEST_CASE_FIXTURE(LockFixture, "a hold that is no range is damage") {
  LockFile lock = read();
  lock.set("a", entry("1.0.0"));
  lock.hold("a", *VersionRange::parse("1.x"));
  REQUIRE(lock.write());
  std::string broken = text();
  broken.replace(broken.find("1.x"), 3, "??");
  REQUIRE(write_file_atomically(project() / kLockName, broken, 0644));
  CHECK(LockFile::read_beside(root()).error().code == ErrorCode::data_damaged);
}

}  // namespace
}  // namespace mkt
