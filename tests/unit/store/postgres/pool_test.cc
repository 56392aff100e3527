// A database that hangs or goes away keeps no thread of the daemon for long.
#include <atomic>
#include <thread>

#include "daemon/store/postgres/pool.h"
#include "tests/unit/eventually.h"
#include "tests/unit/store/postgres/cutting_proxy.h"
#include "tests/unit/store/postgres/postgres_fixture.h"
#include "tests/unit/store/store_conformance.h"

namespace mkt {
namespace {

using namespace std::chrono_literals;
using store_conformance::count_publishers;
using store_conformance::put_publisher;

struct HangingStore {
  HangingStore() {
    PostgresOptions options;
    options.reader_queue = options.change.queue = 50ms;
    options.read = options.change.read = options.change.connect = options.change.flight =
        options.change.settle = 200ms;
    options.open = kPostgresPatience;
    const std::string server = postgres_for_tests();
    const std::size_t colon = server.rfind(':'), slash = server.find('/', colon);
    proxy.emplace(static_cast<std::uint16_t>(std::stoi(server.substr(colon + 1))));
    store = open_postgres(database.url_on(server.substr(0, colon + 1) +
                                          std::to_string(proxy->port()) + server.substr(slash)),
                          options);
  }
  // What is left of it works again.
  bool works() {
    return eventually([&] { return bool(put_publisher(*store, "works")); });
  }

  TestDatabase database;
  std::optional<CuttingProxy> proxy;
  std::unique_ptr<PostgresStore> store;
};

TEST_CASE("with PostgreSQL: a database that hangs fails all callers, at once in the end") {
  if (!has_postgres()) return;
  HangingStore hanging;
  REQUIRE(eventually([&] { return bool(put_publisher(*hanging.store, "acme")); }));
  hanging.proxy->hang(true);
  std::atomic<int> failed = 0, others = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 12; ++t) {
      threads.emplace_back([&, t] {
        const Status done = t % 2 == 0 ? put_publisher(*hanging.store, "other")
                                       : hanging.store->read([](const Records& r) -> Status {
                                           r.publishers().all();
                                           return {};
                                         });
        const bool expected = !done && (done.error().code == ErrorCode::storage_failed ||
                                        done.error().code == ErrorCode::overloaded);
        ++(expected ? failed : others);
      });
    }
  }
  CHECK(failed == 12);
  CHECK(others == 0);
  // Every answer that did not come in time was counted.
  CHECK(eventually([&] {
    (void)put_publisher(*hanging.store, "other");
    return hanging.store->breaker().snapshot().state == BreakerState::open;
  }));
  hanging.proxy->hang(false);
  CHECK(hanging.works());
  CHECK(hanging.store->breaker().snapshot().failures > 0);
}

TEST_CASE("with PostgreSQL: the pool lends each session once, and waits no longer than told") {
  if (!has_postgres()) return;
  postgres::Pool pool(*postgres::PgTarget::parse(postgres_for_tests()), 2);
  auto one = pool.take(0ms), two = pool.take(0ms);
  REQUIRE(one);
  REQUIRE(two);
  CHECK_FALSE(pool.take(1ms));
  REQUIRE_FALSE(one->connect(patiently()));
  const int backend = (*one)->connection->backend_pid();
  one.reset();
  auto again = pool.take(0ms);
  REQUIRE(again);
  REQUIRE_FALSE(again->connect(patiently()));
  CHECK((*again)->connection->backend_pid() == backend);
  CHECK_FALSE(pool.take(1ms));
}

TEST_CASE("with PostgreSQL: connections that broke while they were idle are not noticed") {
  if (!has_postgres()) return;
  TestDatabase database;
  const auto store = open_postgres(database.url());
  REQUIRE(put_publisher(*store, "acme"));
  CHECK(count_publishers(*store) == 1);
  // As a restart of the server does.
  run_sql(
      database.url(),
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
      "WHERE pid <> pg_backend_pid() AND application_name = 'mktd' AND query LIKE '%publishers%'");
  CHECK(count_publishers(*store) == 1);
  CHECK(put_publisher(*store, "other"));
}

TEST_CASE("with PostgreSQL: a read of one snapshot leaves no transaction open") {
  if (!has_postgres()) return;
  TestDatabase database;
  const auto store = open_postgres(database.url());
  CHECK(count_publishers(*store) == 0);
  CHECK_FALSE(store->change(Touches::nothing(), [](Records& records) -> Status {
    records.publishers().find("acme", Hold::shared);
    return Error(ErrorCode::busy, "no");
  }));
  // Other tests' sessions work on other tables.
  CHECK(eventually([&] {
    return ask_sql(database.url(), R"sql(
        SELECT count(*) FROM pg_locks AS l
        WHERE l.relation = 'publishers'::regclass AND l.pid <> pg_backend_pid())sql") == "0";
  }));
}

}  // namespace
}  // namespace mkt
