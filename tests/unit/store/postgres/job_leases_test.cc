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

// Once this daemon has the job.
JobTerm term_of(const JobLease& lease) {
  REQUIRE(eventually([&] { return lease.term().has_value(); }));
  return *lease.term();
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
  const JobTerm first = term_of(*at_a);
  const auto at_b = b->jobs().stand_for("mirror");
  const auto other = b->jobs().stand_for("gc");
  term_of(*other);  // so it has asked for both
  CHECK_FALSE(at_b->term());
  at_a.reset();
  CHECK(term_of(*at_b) > first);
}

TEST_CASE("with PostgreSQL: a daemon keeps its job while nothing happens to it") {
  if (!has_postgres()) return;
  const TestDatabase database;
  const auto a = open_postgres(database.url(), quick_jobs(milliseconds(2000)));
  const auto b = open_postgres(database.url(), quick_jobs(milliseconds(2000)));
  const auto at_a = a->jobs().stand_for("mirror");
  const JobTerm first = term_of(*at_a);
  const auto at_b = b->jobs().stand_for("mirror");
  const std::string until = ask_sql(database.url(), "SELECT until::text FROM job_leases");
  REQUIRE(eventually(
      [&] { return ask_sql(database.url(), "SELECT until::text FROM job_leases") != until; }));
  CHECK(at_a->term() == first);
  CHECK_FALSE(at_b->term());
}

TEST_CASE("with PostgreSQL: what a daemon writes for a job that it has lost is refused") {
  if (!has_postgres()) return;
  const TestDatabase database;
  const auto a = open_postgres(database.url(), quick_jobs());
  const auto b = open_postgres(database.url(), quick_jobs());
  const auto at_a = a->jobs().stand_for("mirror");
  const JobTerm first = term_of(*at_a);
  CHECK(may_write(*a, "mirror", first));
  // As if its lease had run out, which it believes to have still.
  run_sql(database.url(), "UPDATE job_leases SET until = 0");
  const auto at_b = b->jobs().stand_for("mirror");
  const JobTerm second = term_of(*at_b);
  CHECK(second > first);
  CHECK(at_a->term() == first);
  CHECK_FALSE(may_write(*a, "mirror", first));
  CHECK(may_write(*b, "mirror", second));
}

TEST_CASE("with PostgreSQL: a lease that cannot be renewed ends by the daemon's own clock") {
  if (!has_postgres()) return;
  const TestDatabase database;
  const auto a = open_postgres(database.url(), quick_jobs(milliseconds(500)));
  const auto at_a = a->jobs().stand_for("mirror");
  term_of(*at_a);
  const auto holder = connect_to(database.url());
  const std::array statements{postgres::PgStatement("BEGIN"),
                              postgres::PgStatement("SELECT * FROM job_leases FOR UPDATE")};
  REQUIRE_FALSE(holder->exchange(statements, patiently()).failure);
  CHECK(eventually([&] { return !at_a->term(); }));
}

TEST_CASE(
    "with PostgreSQL: a row that is locked delays its own job, and gives nobody another one") {
  if (!has_postgres()) return;
  const TestDatabase database;
  run_sql(database.url(), "INSERT INTO job_leases VALUES ('b', 'somebody', 1, 0)");
  const auto holder = connect_to(database.url());
  const std::array statements{postgres::PgStatement("BEGIN"),
                              postgres::PgStatement("SELECT * FROM job_leases FOR UPDATE")};
  REQUIRE_FALSE(holder->exchange(statements, patiently()).failure);
  PostgresOptions options = quick_jobs();
  options.jobs.patience = milliseconds(300);
  const auto a = open_postgres(database.url(), options);
  const auto first = a->jobs().stand_for("a"), locked = a->jobs().stand_for("b"),
             last = a->jobs().stand_for("c");
  term_of(*first);
  term_of(*last);
  CHECK_FALSE(locked->term());
  const postgres::PgStatement commit("ROLLBACK");
  REQUIRE_FALSE(holder->exchange({&commit, 1}, patiently()).failure);
  term_of(*locked);
}

TEST_CASE("with PostgreSQL: a job that is left and stood for again is not given back") {
  if (!has_postgres()) return;
  const TestDatabase database;
  const auto a = open_postgres(database.url(), quick_jobs());
  for (int i = 0; i < 20; ++i) {
    auto lease = a->jobs().stand_for("gc");
    const JobTerm term = term_of(*lease);
    CHECK(may_write(*a, "gc", term));
  }
}

TEST_CASE("with PostgreSQL: nobody gets a job while a change is fenced by it") {
  if (!has_postgres()) return;
  const TestDatabase database;
  const auto a = open_postgres(database.url(), quick_jobs());
  const auto b = open_postgres(database.url(), quick_jobs());
  const auto at_a = a->jobs().stand_for("mirror");
  const JobTerm first = term_of(*at_a);
  std::latch fenced(1), go_on(1);
  std::jthread change([&] {
    CHECK(a->change(Touches::nothing(), [&](Records& records) -> Status {
      CHECK(records.holds_job("mirror", first));
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
  CHECK(term_of(*at_b) > first);
  CHECK(ask_sql(database.url(), "SELECT seq::text FROM webhook_cursors") == "7");
}

}  // namespace
}  // namespace mkt
