// The names of a tarball: what some system takes for another name is refused. git is the judge of
// what could be its own folder.
#include "common/connector/entry_path.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <random>
#include <set>

#include "common/base/files.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

bool accepted(const std::string& path, EntryNames::Kind kind = EntryNames::Kind::file) {
  EntryNames names;
  const Status status = names.add(path, kind);
  if (!status) CHECK(status.error().code == ErrorCode::archive_unsafe);
  return static_cast<bool>(status);
}

TEST_CASE("what some file system takes for a folder of version control is refused") {
  for (const std::string name : {".git",       ".GIT",
                                 ".hg",        ".Svn",
                                 "git~1",      "GIT~1",
                                 "git~2",      "hg~1",
                                 "SVN~1",      ".git.",
                                 ".git ",      ".git. . .",
                                 ".git:x",     ".git::$INDEX_ALLOCATION",
                                 ".g\u200cit", "\ufeff.git",
                                 ".git\u200b", ".git\u00ad",
                                 ".gi\u206ft", ".\u017fvn",
                                 "\uff0egit",  ".\uff47it",
                                 "git~1."}) {
    CAPTURE(name);
    CHECK_FALSE(accepted(name, EntryNames::Kind::folder));
    CHECK_FALSE(accepted(name));
    CHECK_FALSE(accepted(name + "/config"));
    CHECK_FALSE(accepted("lib/vendor/" + name + "/hooks/post-checkout"));
  }
}

TEST_CASE("names that Windows cannot store, or stores under another name, are refused") {
  for (const std::string name :
       {"CON",        "con",         "aux",      "AUX.js",    "nul.txt",
        "prn.tar.gz", "com1",        "LPT9.log", "com\u00b9", "lpt\u00b2.x",
        "conin$",     "CONOUT$.txt", "aux .js",  "a:b",       "index.js::$DATA",
        "C:",         "foo.",        "foo ",     "...",       "a<b",
        "a>b",        "a\"b",        "a|b",      "a?b",       "a*b"}) {
    CAPTURE(name);
    CHECK_FALSE(accepted(name));
    CHECK_FALSE(accepted(name + "/x"));
    CHECK_FALSE(accepted("lib/" + name));
  }
}

TEST_CASE("names that only resemble those are taken") {
  for (const std::string name :
       {".gitignore",  ".github",      ".gitkeep",     ".gitattributes",
        "git",         "hg",           "digit~1",      "git~",
        "git~x",       "git~1.js",     "my.git",       ".hgignore",
        ".svnignore",  "..git",        ".gi.t",        "console.js",
        "com",         "com10",        "com1x.js",     "lpt",
        "nullable.js", "auxiliary",    "x.aux",        "con-fig",
        "icon",        ".con",         "foo.b",        " foo",
        "a b",         "caf\u00e9.js", "[...slug].js", "(group)",
        "a+b@1.js",    "x~1",          "#a",           "\u65e5\u672c\u8a9e.txt",
        "...x"}) {
    CAPTURE(name);
    CHECK(accepted(name));
    CHECK(accepted("lib/" + name + "/x"));
  }
}

TEST_CASE("the receipt's name is mkt's at the root, for a file, a folder and what is in one") {
  for (const std::string path :
       {"install-receipt.json", "install-receipt.json/x", "Install-Receipt.JSON/a/b",
        "install\u200b-receipt.json/x", "\uff49nstall-receipt.json"}) {
    CAPTURE(path);
    CHECK_FALSE(accepted(path));
    CHECK_FALSE(accepted(path, EntryNames::Kind::folder));
  }
  CHECK(accepted("fixtures/install-receipt.json"));
  CHECK(accepted("fixtures/install-receipt.json/x"));
}

// Names around `.git`: letters in other cases and forms, ignored code points, what may follow.
class DotGitNames {
 public:
  std::string next() {
    std::string name;
    const std::string base = one_of({".git", ".git", "git~1", "gIT~1", ".gitx", "it~1"});
    for (const char c : base) {
      if (chance(6))
        name += one_of(
            {"\u200c", "\u200d", "\u200e", "\u200f", "\u206a", "\u206f", "\ufeff", "\u200b", "x"});
      name += chance(3) ? static_cast<char>(std::toupper(c)) : c;
    }
    while (chance(2))
      name += one_of({".", " ", "\u200c", "\ufeff", ":", ":x", "::$INDEX_ALLOCATION"});
    return name;
  }

 private:
  bool chance(unsigned one_in) { return dice_() % one_in == 0; }
  std::string one_of(std::initializer_list<std::string_view> all) {
    return std::string(*(all.begin() + dice_() % all.size()));
  }
  std::mt19937 dice_{20141218};  // when git 2.2.1 was released
};

TEST_CASE("no name passes that git would refuse as its own folder") {
  if (std::system("git --version >/dev/null 2>&1") != 0) {
    MESSAGE("skipped: git is not on PATH");
    return;
  }
  const auto folder = TemporaryFolder::create(fs::temp_directory_path(), "mkt-entry-path-");
  REQUIRE(folder);
  DotGitNames names;
  std::set<std::string> asked;
  while (asked.size() < 3000) asked.insert(names.next());
  std::string questions;
  for (const std::string& name : asked) questions.append(name + "/x").push_back('\0');
  REQUIRE(write_file_atomically(folder->path() / "questions", questions, 0600));
  // git says so of each path that it does not touch, and goes on.
  const std::string command = fmt::format(
      "cd '{0}' && env -i PATH=\"$PATH\" HOME='{0}' LC_ALL=C GIT_CONFIG_GLOBAL=/dev/null "
      "GIT_CONFIG_SYSTEM=/dev/null sh -c 'git init -q --template= && git -c core.protectHFS=true "
      "-c core.protectNTFS=true update-index --force-remove -z --stdin <questions 2>answers'",
      folder->path().string());
  REQUIRE(std::system(command.c_str()) == 0);
  const auto answers = read_file(folder->path() / "answers", 10 << 20);
  REQUIRE(answers);

  std::size_t refused = 0;
  for (const std::string& name : asked) {
    if (answers->find("Ignoring path " + name + "/x\n") == std::string::npos) continue;
    ++refused;
    CAPTURE(name);
    CHECK_FALSE(accepted(name + "/x"));
  }
  CHECK(refused > 500);
}

}  // namespace
}  // namespace mkt
