// A change is done exactly once, whatever happens to its connection, to its server or to its races.
#include <algorithm>
#include <array>
#include <atomic>
#include <set>
#include <thread>

#include "daemon/store/postgres/tickets.h"
#include "tests/unit/eventually.h"
#include "tests/unit/reliability/fake_clock.h"
#include "tests/unit/store/postgres/cutting_proxy.h"
#include "tests/unit/store/postgres/postgres_fixture.h"
#include "tests/unit/store/store_conformance.h"

namespace mkt {
namespace {

using namespace std::chrono_literals;
using store_conformance::count_publishers;
using store_conformance::put_publisher;

std::uint16_t port_in(const std::string& url) {
  const auto target = postgres::PgTarget::parse(url);
  for (const auto& [name, value] : target->hosts()[0]) {
    if (name == "port") return static_cast<std::uint16_t>(std::stoi(value));
  }
  FAIL("MKT_TEST_POSTGRES names no port");
  return 0;
}

// The server's URL with the proxy's port in the place of its own.
std::string through(const CuttingProxy& proxy) {
  std::string url = postgres_for_tests();
  const std::string port = fmt::format(":{}", port_in(url));
  return url.replace(url.rfind(port), port.size(), fmt::format(":{}", proxy.port()));
}

// A store whose only writer goes through a proxy.
struct ProxiedStore {
  ProxiedStore() : ProxiedStore(patient_options()) {}
  explicit ProxiedStore(PostgresOptions options) {
    options.writers = options.readers = 1;
    store = open_postgres(database.url_on(through(proxy)), options);
    direct = open_postgres(database.url());
    REQUIRE(put_publisher(*store, "first"));  // all statements are prepared now
  }

  // Exactly one row, and exactly one entry, which has the number that the change was told.
  void check_once(const std::string& id, const Result<EntryNumbers>& done) {
    if (!done) FAIL(done.error().message);
    REQUIRE(direct->read([&](const Records& records) -> Status {
      CHECK(records.publishers().find(id));
      std::vector<std::int64_t> numbers;
      for (const LogEntry& e : records.log().entries({0, {}, 10'000})) {
        if (e.subject == id) numbers.push_back(e.seq);
      }
      CHECK(numbers == std::vector<std::int64_t>{done->of(EntryRef{0})});
      return {};
    }));
  }

  Result<EntryNumbers> put(const std::string& id) {
    return store->change(Touches::of_publishers(), [&](Records& records) -> Status {
      records.log().append({utc_now(), kActor, "publisher.register", id, "{}"});
      records.publishers().insert(store_conformance::publisher(id));
      return {};
    });
  }

  TestDatabase database;
  CuttingProxy proxy{port_in(postgres_for_tests())};
  std::unique_ptr<PostgresStore> store;
  std::unique_ptr<PostgresStore> direct;
};

TEST_CASE("with PostgreSQL: a change whose connection is cut at any byte is done exactly once") {
  if (!has_postgres()) return;
  ProxiedStore proxied;
  CuttingProxy& proxy = proxied.proxy;
  proxy.count_anew();
  REQUIRE(proxied.put("flight-0000"));
  const std::uint64_t up = proxy.bytes_up(), down = proxy.bytes_down();
  REQUIRE(up > 300);

  // Its messages: before BEGIN, inside of the flight, and each byte from the ticket's INSERT on:
  // before, inside of and after COMMIT, inside of Sync.
  std::set<std::uint64_t> places{0, 1, 5, up / 4, up / 2, up * 3 / 4};
  for (std::uint64_t i = up - 64; i <= up; ++i) places.insert(i);
  for (const std::uint64_t place : places) {
    CAPTURE(place);
    const std::string id = fmt::format("flight-{:04}", 1000 + place);
    proxy.cut_up_after(place);
    const auto done = proxied.put(id);
    CHECK(proxy.is_used());
    proxied.check_once(id, done);
    // The next one has a connection again, before its own is cut.
    REQUIRE(proxied.put(fmt::format("after-{:05}", place)));
  }

  // The answer is lost: before its first byte, inside, before its last.
  for (const std::uint64_t place : {std::uint64_t{0}, std::uint64_t{1}, down / 2, down - 1}) {
    CAPTURE(place);
    const std::string id = fmt::format("answer-{:04}", 1000 + place);
    proxy.cut_down_after(place);
    const auto done = proxied.put(id);
    CHECK(proxy.is_used());
    proxied.check_once(id, done);
    REQUIRE(proxied.put(fmt::format("later-{:05}", place)));
  }
}

TEST_CASE("with PostgreSQL: an attempt that arrives after it was given up is not done again") {
  if (!has_postgres()) return;
  ProxiedStore proxied;
  // The server gets nothing of it at first; then the change was settled and done anew.
  proxied.proxy.strand_after(0);
  const auto done = proxied.put("stranded");
  CHECK(proxied.proxy.is_used());
  proxied.check_once("stranded", done);
  proxied.proxy.deliver();
  // It comes now, and fails: later changes find its locks free, and its row once.
  REQUIRE(proxied.put("after"));
  CHECK(eventually([&] {
    return ask_sql(proxied.database.url(),
                   "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == "0";
  }));
  proxied.check_once("stranded", done);
}

TEST_CASE("with PostgreSQL: who settles a ticket waits for an attempt that still runs") {
  if (!has_postgres()) return;
  ProxiedStore proxied;
  proxied.proxy.count_anew();
  REQUIRE(proxied.put("measured-"));
  // All but COMMIT is there: the attempt has inserted its ticket.
  proxied.proxy.strand_after(proxied.proxy.bytes_up() - 40);
  std::jthread late([&] {
    eventually([&] { return proxied.proxy.is_used(); });
    // Long enough that the settling has met the ticket's row, on any machine that is not stopped.
    std::this_thread::sleep_for(200ms);
    proxied.proxy.deliver();
  });
  const auto done = proxied.put("straggler");
  proxied.check_once("straggler", done);
}

TEST_CASE("with PostgreSQL: a settled ticket stays what it is") {
  if (!has_postgres()) return;
  TestDatabase database;
  const auto connection = connect_to(database.url());
  const std::string ticket = postgres::new_ticket();
  for (int i = 0; i < 2; ++i) {
    auto settled = postgres::settle_ticket(*connection, ticket, patiently());
    REQUIRE(settled);
    CHECK_FALSE(settled->committed);
  }
  run_sql(database.url(), "INSERT INTO tickets VALUES ('done', 0, 7, 2)");
  for (int i = 0; i < 2; ++i) {
    auto settled = postgres::settle_ticket(*connection, "done", patiently());
    REQUIRE(settled);
    CHECK(settled->committed);
    CHECK(settled->seq == 7);
    CHECK(settled->entries == 2);
  }
  // 'done' is from 1970; the other one is of today.
  auto removed = postgres::remove_old_tickets(*connection, 10, patiently());
  REQUIRE(removed);
  CHECK(*removed == 1);
}

// A trigger of the test's own refuses some changes at the end of their flight.
void refuse_changes(const TestDatabase& database, const std::string& when) {
  run_sql(database.url(), "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " +
                              when +
                              " RETURN NEW; END $$;"
                              "CREATE TRIGGER refuse BEFORE INSERT ON tickets FOR EACH ROW "
                              "EXECUTE FUNCTION refuse();");
}

TEST_CASE("with PostgreSQL: changes of which 30 % lose a race all end, none twice") {
  if (!has_postgres()) return;
  TestDatabase database;
  refuse_changes(database,
                 "IF random() < 0.15 THEN RAISE EXCEPTION 'race' USING ERRCODE = '40001'; "
                 "ELSIF random() < 0.15 THEN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; "
                 "END IF;");
  PostgresOptions options = patient_options();
  options.retry.backoff.attempts = 10;
  const auto store = open_postgres(database.url(), options);
  std::atomic<int> done = 0, most_tries = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 50; ++i) {
          const std::string id = fmt::format("p{}-{}", t, i);
          int tries = 0;
          done += bool(store->change(Touches::nothing(), [&](Records& records) -> Status {
            ++tries;
            records.log().append(store_conformance::entry("publisher.register"));
            records.publishers().insert(store_conformance::publisher(id));
            return {};
          }));
          for (int seen = most_tries; tries > seen;) {
            if (most_tries.compare_exchange_weak(seen, tries)) break;
          }
        }
      });
    }
  }
  CHECK(done == 200);
  CHECK(most_tries > 1);
  CHECK(most_tries <= 10);
  CHECK(count_publishers(*store) == 200);
  CHECK(ask_sql(database.url(), "SELECT count(*) FROM audit_log") == "200");
  CHECK(ask_sql(database.url(), "SELECT seq FROM log_head") == "200");
}

TEST_CASE(
    "with PostgreSQL: a change that loses every race ends as overloaded, and leaves nothing") {
  if (!has_postgres()) return;
  TestDatabase database;
  refuse_changes(database, "RAISE EXCEPTION 'race' USING ERRCODE = '40001';");
  FakeClock clock;
  PostgresOptions options;
  options.retry.clock = &clock;
  const auto store = open_postgres(database.url(), options);
  int tries = 0;
  const auto refused = store->change(Touches::nothing(), [&](Records& records) -> Status {
    ++tries;
    records.publishers().insert(store_conformance::publisher("acme"));
    return {};
  });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::overloaded);
  CHECK(refused.error().retry_after);
  CHECK(tries > 1);
  CHECK(tries <= 10);
  CHECK(count_publishers(*store) == 0);
}

TEST_CASE("with PostgreSQL: a COMMIT that comes with a warning is settled, and done once") {
  if (!has_postgres()) return;
  TestDatabase database;
  // So does one that no standby has confirmed. Settling it comes without.
  refuse_changes(database, "IF NEW.entries >= 0 THEN RAISE WARNING 'not replicated'; END IF;");
  const auto store = open_postgres(database.url());
  REQUIRE(put_publisher(*store, "acme"));
  CHECK(count_publishers(*store) == 1);
  CHECK(ask_sql(database.url(), "SELECT settled FROM tickets") == "1");
}

TEST_CASE("with PostgreSQL: a disk that is full or fails is told at once") {
  if (!has_postgres()) return;
  const std::pair<const char*, ErrorCode> failures[] = {{"53100", ErrorCode::storage_full},
                                                        {"58030", ErrorCode::storage_failed},
                                                        {"XX001", ErrorCode::storage_failed}};
  for (const auto& [state, code] : failures) {
    CAPTURE(state);
    TestDatabase database;
    refuse_changes(database, fmt::format("RAISE EXCEPTION 'disk' USING ERRCODE = '{}';", state));
    const auto store = open_postgres(database.url());
    const Status failed = put_publisher(*store, "acme");
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == code);
    CHECK_FALSE(store->broken());
    CHECK(count_publishers(*store) == 0);
  }
}

TEST_CASE("with PostgreSQL: a text with a NUL is refused, and fails its change alone") {
  if (!has_postgres()) return;
  TestDatabase database;
  const auto store = open_postgres(database.url());
  const Status refused = put_publisher(*store, std::string("a\0b", 3));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::invalid_input);
  CHECK(put_publisher(*store, "acme"));
}

TEST_CASE("with PostgreSQL: a large change is sent while its answers are read") {
  if (!has_postgres()) return;
  TestDatabase database;
  const auto store = open_postgres(database.url());
  const std::string large(200'000, 'x');
  REQUIRE(store->change(Touches::nothing(), [&](Records& records) -> Status {
    for (int i = 0; i < 100; ++i) records.log().append({utc_now(), kActor, "a", "b", large});
    return {};
  }));
  CHECK(ask_sql(database.url(), "SELECT count(*) FROM audit_log") == "100");
}

}  // namespace
}  // namespace mkt
