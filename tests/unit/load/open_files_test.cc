// Open files by kind: a pool that fills is no leak, and a leak is one whatever the pools hold.
#include "tests/load/open_files.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/files.h"

namespace mkt::load {
namespace {

constexpr OpenFileBounds kBounds{.sockets = 40, .database = 50, .tarballs = 32, .others = 4};

TEST_CASE("what /proc says of a descriptor gives its kind") {
  OpenFiles open;
  for (const char* target : {"socket:[4711]", "/tmp/x/data/mktd.db", "/tmp/x/data/mktd.db-wal",
                             "/tmp/x/data/mktd.db-shm", "/tmp/x/data/blobs/ab/abcdef",
                             "/tmp/x/data/LOCK", "anon_inode:[eventpoll]", "pipe:[12]"}) {
    open.count(target);
  }
  CHECK(open.sockets == 1);
  CHECK(open.database == 3);
  CHECK(open.tarballs == 1);
  CHECK(open.others == 3);
  CHECK(open.all() == 8);
}

TEST_CASE("a process's own descriptors are counted") {
  const OpenFiles before = OpenFiles::of(::getpid());
  int pair[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  const UniqueFd one(pair[0]), other(pair[1]);
  const OpenFiles after = OpenFiles::of(::getpid());
  CHECK(after.sockets == before.sockets + 2);
}

TEST_CASE("clients that connect and readers that are opened in a busy moment are no leak") {
  CHECK(leaks({.sockets = 10, .database = 9, .others = 7},
              {.sockets = 34, .database = 41, .others = 7}, kBounds)
            .empty());
  CHECK(leaks({.tarballs = 0}, {.tarballs = 32}, kBounds).empty());
}

TEST_CASE("what grows beyond its pool is a leak, of whatever kind") {
  CHECK(leaks({.sockets = 40}, {.sockets = 41}, kBounds).size() == 1);
  CHECK(leaks({.database = 9}, {.database = 51}, kBounds).size() == 1);
  CHECK(leaks({.tarballs = 0}, {.tarballs = 33}, kBounds).size() == 1);
  const auto found = leaks({.others = 7}, {.others = 12}, kBounds);
  REQUIRE(found.size() == 1);
  CHECK(found[0] == "other open files grew from 7 to 12; 11 are no leak");
}

TEST_CASE("what was beyond its bound before and has not grown is no leak of this time") {
  CHECK(leaks({.sockets = 100}, {.sockets = 100}, kBounds).empty());
  CHECK(leaks({.sockets = 100}, {.sockets = 60}, kBounds).empty());
}

}  // namespace
}  // namespace mkt::load
