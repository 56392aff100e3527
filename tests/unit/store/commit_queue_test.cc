// What the queue of changes promises when the disk or a change fails.
#include "daemon/store/sqlite/commit_queue.h"

#include <doctest/doctest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <stdexcept>
#include <thread>
#include <vector>

#include "common/base/files.h"

namespace {
std::atomic<bool> sync_fails = false;
}

// In the place of libc's, for SQLite too.
extern "C" int fdatasync(int fd) {
  if (sync_fails) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

namespace mkt {
namespace {

struct QueueFixture {
  QueueFixture()
      : folder(*TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-queue-")) {
    auto writer = std::make_unique<Database>(folder.path() / "db", Database::Mode::read_write);
    writer->execute("PRAGMA journal_mode = WAL");
    writer->execute("PRAGMA synchronous = FULL");
    writer->execute("CREATE TABLE t (n INTEGER)");
    queue.emplace(std::move(writer));
  }
  ~QueueFixture() { sync_fails = false; }
  Status add() {
    return queue->run(Touches::all(), [](Database& db) -> Status {
      db.query("INSERT INTO t VALUES (1)").run();
      return {};
    });
  }
  TemporaryFolder folder;
  std::optional<CommitQueue> queue;
};

TEST_CASE_FIXTURE(QueueFixture, "a change that throws fails alone and leaves nothing") {
  const Status failed = queue->run(Touches::all(), [](Database& db) -> Status {
    db.query("INSERT INTO t VALUES (2)").run();
    throw std::out_of_range("a mistake");
  });
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::internal_error);
  CHECK_FALSE(queue->broken());
  CHECK(add());
  REQUIRE(queue->run(Touches::all(), [](Database& db) -> Status {
    Query row = db.query("SELECT count(*), max(n) FROM t");
    row.step();
    CHECK(row.number(0) == 1);
    CHECK(row.number(1) == 1);
    return {};
  }));
}

TEST_CASE_FIXTURE(QueueFixture, "a failed sync is told once, also to who asks after it") {
  REQUIRE(add());
  sync_fails = true;
  CHECK(add().error().code == ErrorCode::storage_failed);
  sync_fails = false;
  CHECK(queue->broken());
  CHECK(add().error().code == ErrorCode::storage_failed);
  int told = 0;
  queue->when_broken([&] { ++told; });
  CHECK(told == 1);
  queue->when_broken({});
  CHECK(told == 1);
}

TEST_CASE("CommitQueue: a change that fails takes no other with it") {
  auto folder = TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-queue-");
  REQUIRE(folder);
  auto database = std::make_unique<Database>(folder->path() / "q.db", Database::Mode::read_write);
  database->execute("CREATE TABLE t (n INTEGER UNIQUE)");
  CommitQueue queue(std::move(database));
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  for (int i = 0; i < 40; ++i) {
    threads.emplace_back([&, i] {
      const Status outcome = queue.run(Touches::all(), [&](Database& db) -> Status {
        db.query("INSERT INTO t VALUES (?)").bind(static_cast<std::int64_t>(i)).run();
        if (i % 4 == 0) return Error(ErrorCode::busy, "no");
        if (i % 4 == 1) db.execute("INSERT INTO no_such_table VALUES (1)");
        return {};
      });
      if (!outcome) ++failed;
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(failed == 20);
  std::int64_t kept = 0;
  REQUIRE(queue.run(Touches::all(), [&](Database& db) -> Status {
    Query count = db.query("SELECT count(*) FROM t");
    if (count.step()) kept = count.number(0);
    return {};
  }));
  CHECK(kept == 20);
}

}  // namespace
}  // namespace mkt
