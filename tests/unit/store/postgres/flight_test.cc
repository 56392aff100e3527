// What a flight sends when, and which numbers its rows get.
#include "daemon/store/postgres/flight.h"

#include <thread>

#include "daemon/store/postgres/postgres_records.h"
#include "tests/unit/eventually.h"
#include "tests/unit/store/postgres/cutting_proxy.h"
#include "tests/unit/store/postgres/postgres_fixture.h"
#include "tests/unit/store/store_conformance.h"

namespace mkt {
namespace {

using postgres::Flight;
using postgres::FlightEnd;
using namespace std::chrono_literals;

struct FlightFixture : TestDatabase {
  std::unique_ptr<postgres::Connection> connection = connect_to(url());
  Flight flight{*connection};
  postgres::PostgresRecords on_flight{flight};
  Records& records = on_flight;

  void begin() {
    on_flight.begin();
    flight.begin(Flight::Mode::change, kPostgresPatience);
  }
  FlightEnd commit() { return flight.commit(random_hex(16), "", kPostgresPatience); }
};

TEST_CASE("with PostgreSQL: a change that has not committed holds no number") {
  if (!has_postgres()) return;
  FlightFixture f;
  f.begin();
  f.records.log().append(store_conformance::entry("one"));
  f.records.publishers().insert(store_conformance::publisher("acme"));
  // Reading sends what was written before, but takes no number.
  CHECK(f.records.publishers().find("acme", Hold::exclusive));
  run_sql(f.url(), "UPDATE log_head SET seq = seq + 5 WHERE id = 1");
  const FlightEnd end = f.commit();
  REQUIRE(end.kind == FlightEnd::Kind::committed);
  CHECK(end.seq == 6);
  CHECK(ask_sql(f.url(), "SELECT seq FROM audit_log") == "6");
}

TEST_CASE("with PostgreSQL: rows that want numbers get those of their entries, and no time falls") {
  if (!has_postgres()) return;
  FlightFixture f;
  f.begin();
  const UtcTime noon = from_unix_ms(1'000'000);
  f.records.log().append({noon, kActor, "first", "a", "{}"});
  f.records.publishers().insert(store_conformance::publisher("acme"));
  KeyRecord key;
  key.key_id = "acme:1";
  key.publisher_id = "acme";
  key.fingerprint = "f";
  key.created_at = noon;
  f.records.keys().insert(key, f.records.log().append({noon, kActor, "second", "b", "{}"}));
  REQUIRE(f.commit().kind == FlightEnd::Kind::committed);
  CHECK(ask_sql(f.url(), "SELECT added_seq FROM publisher_keys") == "2");

  // An hour earlier, by the clock of another daemon.
  f.begin();
  key.status = KeyStatus::revoked;
  key.compromised_seq = kOwnNumber;
  f.records.log().append({noon - 1h, kActor, "third", "c", "{}"});
  f.records.keys().end(key, f.records.log().append({noon - 1h, kActor, "fourth", "d", "{}"}));
  REQUIRE(f.commit().kind == FlightEnd::Kind::committed);
  CHECK(ask_sql(f.url(), "SELECT changed_seq || ',' || compromised_seq FROM publisher_keys") ==
        "4,4");
  CHECK(ask_sql(f.url(), "SELECT min(at) || ',' || max(at) FROM audit_log") == "1000000,1000000");
}

TEST_CASE("with PostgreSQL: after an error the transaction is over, and the connection is not") {
  if (!has_postgres()) return;
  FlightFixture f;
  f.begin();
  f.records.publishers().insert(store_conformance::publisher("acme"));
  f.records.publishers().insert(store_conformance::publisher("acme"));
  CHECK_THROWS_AS(f.records.publishers().find("acme"), postgres::PgError);
  CHECK_THROWS_AS(f.records.publishers().find("acme"), postgres::PgError);
  const FlightEnd end = f.commit();
  CHECK(end.kind == FlightEnd::Kind::failed);
  CHECK(end.failure->state == "23505");
  f.flight.roll_back();
  f.begin();
  f.records.publishers().insert(store_conformance::publisher("acme"));
  CHECK(f.records.publishers().find("acme"));
  CHECK(f.commit().kind == FlightEnd::Kind::committed);
}

TEST_CASE(
    "with PostgreSQL: a change that reads what is numbered with its commit is a bug, and fails") {
  if (!has_postgres()) return;
  FlightFixture f;
  f.begin();
  f.records.log().append(store_conformance::entry("one"));
  f.records.publishers().insert(store_conformance::publisher("acme"));
  f.records.owners().insert("tool", {"acme", UtcTime()}, EntryRef{0});
  CHECK_THROWS_AS((void)f.records.owners().of("tool"), std::logic_error);
  f.flight.roll_back();
}

TEST_CASE("with PostgreSQL: holds are row locks, and a read ignores them") {
  if (!has_postgres()) return;
  FlightFixture f;
  const auto store = open_postgres(f.url());
  REQUIRE(store_conformance::put_publisher(*store, "acme"));
  f.begin();
  CHECK(f.records.publishers().find("acme", Hold::shared));
  f.records.hold_tenant("team", Hold::exclusive);
  CHECK_FALSE(f.records.policies().current("team"));  // sends the lock
  const auto waits_for = [&](const char* sql) {
    postgres::PgStatement statement(sql);
    auto answers = connect_to(f.url())->exchange({&statement, 1}, patiently());
    return answers.failure && answers.failure->state == "55P03";
  };
  CHECK_FALSE(waits_for("SELECT id FROM publishers WHERE id = 'acme' FOR SHARE NOWAIT"));
  CHECK(waits_for("SELECT id FROM publishers WHERE id = 'acme' FOR NO KEY UPDATE NOWAIT"));
  f.flight.roll_back();
  f.on_flight.begin();
  f.flight.begin(Flight::Mode::read, kPostgresPatience);
  CHECK(f.records.publishers().find("acme", Hold::exclusive));
  f.flight.end_read();
}

}  // namespace
}  // namespace mkt
