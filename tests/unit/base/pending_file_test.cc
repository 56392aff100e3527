// A file has its name when it is complete, and nothing is left when it never is.
#include "common/base/pending_file.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "common/base/encoding.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;
using Existing = PendingFile::Existing;
using Until = PendingFile::Until;

struct PendingFixture {
  PendingFixture() : root(*TemporaryFolder::create(fs::temp_directory_path(), "mkt-pending-")) {}
  fs::path path() const { return root.path() / "out"; }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& e : fs::directory_iterator(root.path())) {
      all.push_back(e.path().filename().string());
    }
    return all;
  }
  Status write(Until until, Existing existing, std::string_view text) {
    MKT_TRY(PendingFile file, PendingFile::create(path(), 0640, until));
    MKT_CHECK(write_all(file.fd(), as_bytes(text), "it"));
    return file.appear(existing);
  }

  TemporaryFolder root;
};

using Names = std::vector<std::string>;

TEST_CASE_FIXTURE(PendingFixture, "a file appears whole, alone and with its mode") {
  for (const Until until : {Until::nameless, Until::hidden}) {
    for (const Existing existing : {Existing::keep, Existing::replace}) {
      fs::remove(path());
      REQUIRE(write(until, existing, "new"));
      CHECK(*read_file(path(), 100) == "new");
      CHECK(names() == Names{"out"});
      CHECK(fs::status(path()).permissions() == fs::perms(0640));
    }
  }
}

TEST_CASE_FIXTURE(PendingFixture, "what is there is replaced only where that is asked for") {
  for (const Until until : {Until::nameless, Until::hidden}) {
    REQUIRE(write_file_atomically(path(), "old", 0644));
    const Status kept = write(until, Existing::keep, "new");
    REQUIRE(!kept);
    CHECK(kept.error().code == ErrorCode::target_exists);
    CHECK(*read_file(path(), 100) == "old");
    REQUIRE(write(until, Existing::replace, "new"));
    CHECK(*read_file(path(), 100) == "new");
    CHECK(names() == Names{"out"});
  }
}

TEST_CASE_FIXTURE(PendingFixture, "a file that never appears leaves nothing") {
  for (const Until until : {Until::nameless, Until::hidden}) {
    {
      auto file = PendingFile::create(path(), 0644, until);
      REQUIRE(file);
      CHECK(names().size() == (until == Until::hidden ? 1U : 0U));
      PendingFile moved(std::move(*file));
      CHECK(names().size() == (until == Until::hidden ? 1U : 0U));
    }
    CHECK(names().empty());
  }
  const fs::path nowhere = root.path() / "no-such-folder" / "out";
  const auto file = PendingFile::create(nowhere, 0644);
  REQUIRE(!file);
  CHECK(file.error().message.find(nowhere.string()) != std::string::npos);
}

// Ends a process of its own by that signal while a file is pending; answers how it ended.
int killed_by(int signal, const fs::path& path, Until until, bool ignores = false) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(signal, ignores ? SIG_IGN : SIG_DFL);
    auto file = PendingFile::create(path, 0644, until);
    if (!file) ::_exit(99);
    PendingFile moved(std::move(*file));
    if (!write_all(moved.fd(), as_bytes("part"), "it")) ::_exit(98);
    ::raise(signal);
    ::_exit(moved.appear(Existing::keep) ? 0 : 97);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST_CASE_FIXTURE(PendingFixture, "signals that end a process leave nothing of its file") {
  for (const Until until : {Until::nameless, Until::hidden}) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
      CAPTURE(signal);
      const int status = killed_by(signal, path(), until);
      REQUIRE(WIFSIGNALED(status));
      CHECK(WTERMSIG(status) == signal);
      CHECK(names().empty());
    }
  }
  CHECK(WIFSIGNALED(killed_by(SIGKILL, path(), Until::nameless)));
  CHECK(names().empty());
}

TEST_CASE_FIXTURE(PendingFixture, "a signal that is ignored stays so, as under nohup") {
  const int status = killed_by(SIGHUP, path(), Until::hidden, true);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(names() == Names{"out"});
}

}  // namespace
}  // namespace mkt
