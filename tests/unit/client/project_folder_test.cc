#include "cli/client/project_folder.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "common/base/files.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

struct ProjectFixture {
  ProjectFixture() : folder(*TemporaryFolder::create(fs::temp_directory_path(), "mkt-project-")) {
    home = fs::canonical(folder.path()) / "home";
    deep = home / "work" / "project" / "a" / "b";
    REQUIRE(make_folders(deep, 0755));
  }
  void put(const fs::path& where) const {
    REQUIRE(write_file_atomically(where / "mkt.lock", "{}", 0644));
  }
  TemporaryFolder folder;
  fs::path home, deep;
};

TEST_CASE_FIXTURE(ProjectFixture, "the nearest parent that has the file is the project") {
  CHECK_FALSE(parent_with("mkt.lock", deep, home));
  put(home);
  CHECK(*parent_with("mkt.lock", deep, home) == "../../../..");
  put(home / "work" / "project");
  CHECK(*parent_with("mkt.lock", deep, home) == "../..");
  CHECK(*parent_with("mkt.lock", deep.parent_path(), home) == "..");
}

TEST_CASE_FIXTURE(ProjectFixture, "the search does not leave the home folder") {
  put(home.parent_path());
  CHECK_FALSE(parent_with("mkt.lock", deep, home));
  CHECK_FALSE(parent_with("mkt.lock", home, home));
  CHECK(*parent_with("mkt.lock", deep, "") == "../../../../..");
}

TEST_CASE_FIXTURE(ProjectFixture, "a folder of that name, or a link to nothing, is no project") {
  REQUIRE(make_folders(home / "work" / "mkt.lock", 0755));
  fs::create_symlink("nowhere", home / "work" / "project" / "mkt.lock");
  CHECK_FALSE(parent_with("mkt.lock", deep, home));
}

TEST_CASE_FIXTURE(ProjectFixture, "somebody else's file decides nothing") {
  put(home / "work");
  constexpr uid_t kNobody = 65'534;
  if (::geteuid() == 0) {
    REQUIRE(::chown((home / "work" / "mkt.lock").c_str(), kNobody, kNobody) == 0);
    CHECK_FALSE(parent_with("mkt.lock", deep, home));
    REQUIRE(::chown((home / "work" / "mkt.lock").c_str(), 0, 0) == 0);
  }
  CHECK(*parent_with("mkt.lock", deep, home) == "../../..");
}

}  // namespace
}  // namespace mkt
