// Who does what one daemon does at a time, when several stand for it.
#include "daemon/store/postgres/job_leases.h"

#include <latch>
#include <thread>

#include "tests/unit/eventually.h"
#include "tests/unit/store/postgres/postgres_fixture.h"

namespace mkt {
namespace {

using std::chrono::milliseconds;

PostgresOptions quick_jobs(milliseconds lease = kJobLease) {
  PostgresOptions options = patient_options();
  options.jobs.lease = lease;
  options.jobs.look = milliseconds(10);
  options.jobs.patience = kPostgresPatience;
  return options;
}

// Whether a change that is fenced by the job is let through.
bool may_write(PostgresStore& store, const std::string& job, JobTerm term) {
  bool held = false;
  REQUIRE(store.change(Touches::nothing(), [&](Records& records) -> Status {
    held = records.holds_job(job, term);
    return {};
  }));
  return held;
}

TEST_CASE(
    "with PostgreSQL: one of two daemons has a job, and the other gets it from one that stops") {
  if (!has_postgres()) return;
  const TestDatabase database;
  const auto a = open_postgres(database.url(), quick_jobs());
  const auto b = open_postgres(database.url(), quick_jobs());
  auto at_a = a->jobs().stand_for("mirror");
  REQUIRE(eventually([&] { return at_a->term() == 1; }));
  const auto at_b = b->jobs().stand_for("mirror");
  const auto other = b->jobs().stand_for("gc");
  REQUIRE(eventually([&] { return other->term() == 1; }));  // so it has asked for both
  CHECK_FALSE(at_b->term());
  at_a.reset();
  CHECK(eventually([&] { return at_b->term() == 2; }));
}

TEST_CASE("with PostgreSQL: a daemon keeps its job while nothing happens to it") {
  if (!has_postgres()) return;
  const TestDatabase database;
  const auto a = open_postgres(database.url(), quick_jobs(milliseconds(2000)));
  const auto b = open_postgres(database.url(), quick_jobs(milliseconds(2000)));
  const auto at_a = a->jobs().stand_for("mirror");
  REQUIRE(eventually([&] { return at_a->term() == 1; }));
  const auto at_b = b->jobs().stand_for("mirror");
  const std::string first = ask_sql(database.url(), "SELECT until::text FROM job_leases");
  REQUIRE(eventually(
      [&] { return ask_sql(database.url(), "SELECT until::text FROM job_leases") != first; }));
  CHECK(at_a->term() == 1);
  CHECK_FALSE(at_b->term());
}

TEST_CASE("with PostgreSQL: what a daemon writes for a job that it has lost is refused") {
  if (!has_postgres()) return;
  const TestDatabase database;
  const auto a = open_postgres(database.url(), quick_jobs());
  const auto b = open_postgres(database.url(), quick_jobs());
  const auto at_a = a->jobs().stand_for("mirror");
  REQUIRE(eventually([&] { return at_a->term() == 1; }));
  CHECK(may_write(*a, "mirror", 1));
  // As if its lease had run out, which it believes to have still.
  run_sql(database.url(), "UPDATE job_leases SET until = 0");
  const auto at_b = b->jobs().stand_for("mirror");
  REQUIRE(eventually([&] { return at_b->term() == 2; }));
  CHECK(at_a->term() == 1);
  CHECK_FALSE(may_write(*a, "mirror", 1));
  CHECK(may_write(*b, "mirror", 2));
}

TEST_CASE("with PostgreSQL: a lease that cannot be renewed ends by the daemon's own clock") {
  if (!has_postgres()) return;
  const TestDatabase database;
  const auto a = open_postgres(database.url(), quick_jobs(milliseconds(500)));
  const auto at_a = a->jobs().stand_for("mirror");
  REQUIRE(eventually([&] { return at_a->term() == 1; }));
  const auto holder = connect_to(database.url());
  const std::array statements{postgres::PgStatement("BEGIN"),
                              postgres::PgStatement("SELECT * FROM job_leases FOR UPDATE")};
  REQUIRE_FALSE(holder->exchange(statements, patiently()).failure);
  CHECK(eventually([&] { return !at_a->term(); }));
}

TEST_CASE("with PostgreSQL: nobody gets a job while a change is fenced by it") {
  if (!has_postgres()) return;
  const TestDatabase database;
  const auto a = open_postgres(database.url(), quick_jobs());
  const auto b = open_postgres(database.url(), quick_jobs());
  const auto at_a = a->jobs().stand_for("mirror");
  REQUIRE(eventually([&] { return at_a->term() == 1; }));
  std::latch fenced(1), go_on(1);
  std::jthread change([&] {
    CHECK(a->change(Touches::nothing(), [&](Records& records) -> Status {
      CHECK(records.holds_job("mirror", 1));
      fenced.count_down();
      go_on.wait();
      records.cursors().set("w", 7);
      return {};
    }));
  });
  fenced.wait();
  const auto at_b = b->jobs().stand_for("mirror");
  // Its lease runs out only when the row is free again, so this waits for the change.
  std::jthread expire([&] { run_sql(database.url(), "UPDATE job_leases SET until = 0"); });
  REQUIRE(eventually([&] {
    return ask_sql(database.url(),
                   "SELECT count(*)::text FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                   "AND query LIKE 'UPDATE job_leases SET until = 0%'") != "0";
  }));
  CHECK_FALSE(at_b->term());
  go_on.count_down();
  CHECK(eventually([&] { return at_b->term() == 2; }));
  CHECK(ask_sql(database.url(), "SELECT seq::text FROM webhook_cursors") == "7");
}

}  // namespace
}  // namespace mkt
