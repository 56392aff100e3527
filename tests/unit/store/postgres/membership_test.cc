// Several daemons on one database: each hears of the others' changes, and a revocation is answered
// only when nobody answers from a memory that misses it.
#include "daemon/store/postgres/membership.h"

#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "daemon/views/views.h"
#include "tests/unit/eventually.h"
#include "tests/unit/store/postgres/postgres_fixture.h"

namespace mkt {
namespace {

using std::chrono::milliseconds;

// A store with views, as a daemon has them.
struct MemberDaemon {
  explicit MemberDaemon(const std::string& url, milliseconds lease = milliseconds(30'000))
      : store(open_postgres(url)), views(*store) {
    postgres::MembershipOptions options;
    options.lease = lease;
    options.poll = milliseconds(10);
    options.patience = kPostgresPatience;
    REQUIRE(store->join(options));
  }

  Result<EntryNumbers> change_token(const std::string& id, bool wanted) {
    const TokenRecord token{id, "h", "ci", Role::admin, "", from_unix_ms(1), {}, {}};
    const Actor actor;
    return store->change(Touches::token(id), [&](Records& records) -> Status {
      if (wanted) records.tokens().insert(token);
      if (!wanted) records.tokens().remove(id);
      records.log().append(
          {from_unix_ms(1), {}, wanted ? "token.create" : "token.revoke", id, "{}"});
      return {};
    });
  }
  // Once the news of its making has come, which makes this daemon forget it again.
  bool remembers_new(const std::string& id, MemberDaemon& maker) {
    const std::uint64_t before = views.clock.changes();
    REQUIRE(maker.change_token(id, true));
    REQUIRE(eventually([&] { return views.clock.changes() > before; }));
    return finds(id);
  }
  bool finds(const std::string& id) const {
    const auto found = views.tokens.find(id);
    REQUIRE(found);
    return found->has_value();
  }

  std::unique_ptr<PostgresStore> store;
  Views views;
};

TEST_CASE("with PostgreSQL: a daemon that has joined hears of the others' changes, and remembers") {
  if (!has_postgres()) return;
  const TestDatabase database;
  MemberDaemon a(database.url()), b(database.url());
  CHECK(b.store->memory_lease()->holds());
  const std::uint64_t before = b.views.clock.changes();
  REQUIRE(a.change_token("t-1", true));
  CHECK(eventually([&] { return b.views.clock.changes() > before; }));
}

TEST_CASE("with PostgreSQL: after a revocation was answered no daemon finds the token") {
  if (!has_postgres()) return;
  const TestDatabase database;
  MemberDaemon a(database.url()), b(database.url()), c(database.url());
  for (int i = 0; i < 30; ++i) {
    const std::string id = fmt::format("t-{}", i);
    REQUIRE(a.change_token(id, true));
    REQUIRE(b.finds(id));
    REQUIRE(c.finds(id));
    REQUIRE(a.change_token(id, false));
    CHECK_FALSE(a.finds(id));
    CHECK_FALSE(b.finds(id));
    CHECK_FALSE(c.finds(id));
  }
}

TEST_CASE("with PostgreSQL: a revocation waits for a daemon that hangs until its lease is over") {
  if (!has_postgres()) return;
  const TestDatabase database;
  MemberDaemon a(database.url(), milliseconds(1000));
  std::latch resume(1);
  auto b = std::make_unique<MemberDaemon>(database.url(), milliseconds(1000));
  REQUIRE(b->remembers_new("t-1", a));
  // b hangs as soon as it hears of anything.
  std::optional<Watch> hang(b->store->watch([&](const Touches&) { resume.wait(); }));
  REQUIRE(a.change_token("t-2", true));
  REQUIRE(a.change_token("t-1", false));
  CHECK_FALSE(b->store->memory_lease()->holds());
  CHECK_FALSE(b->finds("t-1"));
  resume.count_down();
  hang.reset();
  CHECK(eventually([&] { return b->store->memory_lease()->holds(); }));
}

TEST_CASE("with PostgreSQL: who finds a token revoked already is answered no sooner") {
  if (!has_postgres()) return;
  const TestDatabase database;
  MemberDaemon a(database.url(), milliseconds(1000)), c(database.url(), milliseconds(1000));
  std::latch resume(1);
  auto b = std::make_unique<MemberDaemon>(database.url(), milliseconds(1000));
  REQUIRE(b->remembers_new("t-1", a));
  std::optional<Watch> hang(b->store->watch([&](const Touches&) { resume.wait(); }));
  REQUIRE(a.change_token("t-2", true));
  std::jthread first([&] { CHECK(a.change_token("t-1", false)); });
  const auto is_gone = [&] {
    const auto found =
        read_from(*c.store, [](const Records& records) { return records.tokens().find("t-1"); });
    return found && !found->has_value();
  };
  REQUIRE(eventually(is_gone));
  const auto again = c.store->change(Touches::token("t-1"), [](Records&) -> Status {
    return Error(ErrorCode::token_not_found, "it is gone");
  });
  CHECK_FALSE(again);
  CHECK_FALSE(b->finds("t-1"));
  first.join();
  resume.count_down();
  hang.reset();
}

TEST_CASE("with PostgreSQL: nobody waits for a daemon that has left") {
  if (!has_postgres()) return;
  const TestDatabase database;
  MemberDaemon a(database.url());
  { const MemberDaemon gone(database.url()); }
  CHECK(ask_sql(database.url(), "SELECT count(*)::text FROM daemons") == "1");
  REQUIRE(a.change_token("t-1", true));
  CHECK(a.change_token("t-1", false));
}

TEST_CASE("with PostgreSQL: a daemon whose row was removed joins again, with nothing remembered") {
  if (!has_postgres()) return;
  const TestDatabase database;
  MemberDaemon a(database.url(), milliseconds(300));
  const std::uint64_t before = a.views.clock.changes();
  run_sql(database.url(), "DELETE FROM daemons");
  CHECK(eventually([&] { return a.views.clock.changes() > before; }));
  CHECK(eventually(
      [&] { return ask_sql(database.url(), "SELECT count(*)::text FROM daemons") == "1"; }));
  CHECK(eventually([&] { return a.store->memory_lease()->holds(); }));
}

// As a standby does that never had the newest entries, when it becomes the primary.
void lose_history(const std::string& url, int entries) {
  run_sql(url, fmt::format("GRANT DELETE ON audit_log TO CURRENT_USER; "
                           "DELETE FROM audit_log WHERE seq > (SELECT seq - {0} FROM log_head); "
                           "UPDATE log_head SET seq = seq - {0}",
                           entries));
}
TEST_CASE("with PostgreSQL: lost history begins an era, once, beyond all numbers that were told") {
  if (!has_postgres()) return;
  const TestDatabase database;
  MemberDaemon a(database.url(), milliseconds(600)), b(database.url(), milliseconds(600));
  for (int i = 0; i < 5; ++i) REQUIRE(a.change_token(fmt::format("t-{}", i), true));
  REQUIRE(eventually(
      [&] { return ask_sql(database.url(), "SELECT min(applied)::text FROM daemons") == "5"; }));
  const std::uint64_t before = b.views.clock.changes();
  lose_history(database.url(), 2);
  CHECK(
      eventually([&] { return ask_sql(database.url(), "SELECT era::text FROM log_head") == "2"; }));
  CHECK(eventually([&] { return b.views.clock.changes() > before; }));
  CHECK(std::stoll(ask_sql(database.url(), "SELECT seq::text FROM log_head")) > 1000);
  CHECK(ask_sql(database.url(),
                "SELECT count(*)::text FROM audit_log WHERE action = 'history.lost'") == "1");
  // It goes on, and a revocation waits until no lease of the old era can be left.
  REQUIRE(a.change_token("t-9", true));
  REQUIRE(a.change_token("t-9", false));
  CHECK(eventually([&] { return b.store->memory_lease()->holds(); }));
  CHECK(ask_sql(database.url(), "SELECT era::text FROM log_head") == "2");
}

TEST_CASE("with PostgreSQL: history is lost also where others have written on since") {
  if (!has_postgres()) return;
  const TestDatabase database;
  MemberDaemon a(database.url(), milliseconds(600));
  for (int i = 0; i < 5; ++i) REQUIRE(a.change_token(fmt::format("t-{}", i), true));
  REQUIRE(eventually(
      [&] { return ask_sql(database.url(), "SELECT min(applied)::text FROM daemons") == "5"; }));
  run_sql(database.url(),
          "GRANT UPDATE ON audit_log TO CURRENT_USER; "
          "UPDATE audit_log SET subject = 'another' WHERE seq = 5");
  CHECK(
      eventually([&] { return ask_sql(database.url(), "SELECT era::text FROM log_head") == "2"; }));
  CHECK(eventually([&] { return a.store->memory_lease()->holds(); }));
}

}  // namespace
}  // namespace mkt
