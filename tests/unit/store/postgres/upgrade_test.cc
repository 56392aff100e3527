// Changing the tables of a database that daemons use.
#include "daemon/store/postgres/upgrade.h"

#include <array>
#include <thread>

#include "daemon/store/postgres/schema.h"
#include "tests/unit/eventually.h"
#include "tests/unit/store/postgres/postgres_fixture.h"

namespace mkt {
namespace {

using postgres::UpgradeStep;

// As a later version may have them: a column in the place of another.
constexpr std::array kLater = {
    UpgradeStep{2, UpgradeStep::Kind::expand, "ALTER TABLE tokens ADD COLUMN note text"},
    UpgradeStep{3, UpgradeStep::Kind::contract, "ALTER TABLE tokens DROP COLUMN note"},
    UpgradeStep{4, UpgradeStep::Kind::expand, "ALTER TABLE tokens ADD COLUMN more text"}};

postgres::UpgradeReport upgraded(const std::string& url) {
  const auto connection = connect_to(url);
  const auto report = postgres::upgrade_schema(*connection, kLater, patiently());
  REQUIRE(report);
  return *report;
}

std::string versions(const std::string& url) {
  return ask_sql(url, "SELECT version || ' ' || oldest FROM schema_version");
}

TEST_CASE("with PostgreSQL: what daemons do not notice is changed while they run, and no more") {
  if (!has_postgres()) return;
  const TestDatabase database;
  {
    const auto store = open_postgres(database.url());
    postgres::MembershipOptions options;
    options.version = "0.1";
    REQUIRE(store->join(options));
    store->announce("http://old");
    REQUIRE(
        eventually([&] { return !ask_sql(database.url(), "SELECT url FROM daemons").empty(); }));
    const auto first = upgraded(database.url());
    CHECK(first.made == std::vector<std::int64_t>{2});
    CHECK(first.waiting == 3);
    CHECK(first.waits_for == std::vector<std::string>{"http://old (mktd 0.1)"});
    CHECK(versions(database.url()) == "2 1");
    // It goes on, and one of its kind may still start.
    CHECK(store->read([](const Records& records) -> Status {
      (void)records.tokens().all();
      return {};
    }));
    CHECK(PostgresStore::open(database.url()));
  }
  const auto second = upgraded(database.url());
  CHECK(second.made == std::vector<std::int64_t>{3, 4});
  CHECK(second.waiting == 0);
  CHECK(versions(database.url()) == "4 3");
  const auto late = PostgresStore::open(database.url());
  REQUIRE_FALSE(late);
  CHECK(late.error().message.find("start a newer mktd") != std::string::npos);
  CHECK(upgraded(database.url()).made.empty());
}

TEST_CASE("with PostgreSQL: two upgrades at once make each step once") {
  if (!has_postgres()) return;
  const TestDatabase database;
  std::vector<postgres::UpgradeReport> reports(2);
  {
    std::jthread one([&] { reports[0] = upgraded(database.url()); });
    std::jthread other([&] { reports[1] = upgraded(database.url()); });
  }
  CHECK(reports[0].made.size() + reports[1].made.size() == kLater.size());
  CHECK(reports[0].version == 4);
  CHECK(reports[1].version == 4);
}

TEST_CASE("with PostgreSQL: a step that fails leaves nothing") {
  if (!has_postgres()) return;
  const TestDatabase database;
  constexpr std::array broken = {
      UpgradeStep{2, UpgradeStep::Kind::expand, "ALTER TABLE tokens ADD COLUMN name text"}};
  const auto connection = connect_to(database.url());
  CHECK_FALSE(postgres::upgrade_schema(*connection, broken, patiently()));
  CHECK(versions(database.url()) == "1 1");
  CHECK(upgraded(database.url()).version == 4);  // with another connection and right steps
}

}  // namespace
}  // namespace mkt
