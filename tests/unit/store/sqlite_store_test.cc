// SqliteStore: what any store promises, and what is SQLite's own.
#include "daemon/store/sqlite/sqlite_store.h"

#include "tests/unit/store/store_conformance.h"

namespace mkt {
namespace {

std::unique_ptr<Store> open_store(const std::filesystem::path& folder) {
  auto opened = SqliteStore::open(folder / "mktd.db");
  REQUIRE(opened);
  return std::move(*opened);
}

TEST_CASE("SqliteStore keeps what a store promises") { check_store_verbs(open_store); }

TEST_CASE("SqliteStore: changes that race end as if one had come after the other") {
  check_store_races(open_store);
}

TEST_CASE("a change that decides by what it does not hold is found out") {
  const auto folder = *TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-hold-");
  const auto store = open_store(folder.path());
  CheckingStore checking(*store);
  const auto error_of = [&](const std::function<void(Records&)>& reads) -> std::string {
    const auto done = checking.change(Touches::nothing(), [&](Records& records) -> Status {
      reads(records);
      records.log().append(store_conformance::entry("test"));
      return {};
    });
    return done ? "" : done.error().message;
  };
  CHECK(error_of([](Records& r) { r.keys().find("k"); }) == "key k was read and is not held");
  CHECK(error_of([](Records& r) { r.policies().current("t"); }) ==
        "tenant t was read and is not held");
  CHECK(error_of([](Records& r) {
          r.keys().find("k", Hold::shared);
          r.publishers().find("p", Hold::shared);
        }) == "publisher p is held after key k");
  CHECK(error_of([](Records& r) {
          r.hold_tenant("b", Hold::exclusive);
          r.hold_tenant("a", Hold::exclusive);
        }) == "tenant a is held after tenant b");
  CHECK(error_of([](Records& r) {
          r.policies().current("t");  // looked at again below
          r.publishers().find("p", Hold::shared);
          r.hold_tenant("t", Hold::shared);
          r.policies().current("t");
          r.catalog().version("tool", "1.0.0", Hold::fixed);
        }) == "");
  CHECK(error_of([](Records& r) {
          r.catalog().connector_head("tool", Hold::exclusive);
          r.catalog().version("tool", "1.0.0");
          r.owners().of("tool");
        }) == "");
}

TEST_CASE_FIXTURE(RegistryFixture, "a database of a newer mktd is refused and left as it is") {
  registry.reset();
  {
    Database raw(folder.path() / "mktd.db", Database::Mode::read_write);
    raw.execute("PRAGMA user_version = 99");
  }
  const auto opened = SqliteStore::open(folder.path() / "mktd.db");
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::data_damaged);
  Database raw(folder.path() / "mktd.db", Database::Mode::read_only);
  Query version = raw.query("PRAGMA user_version");
  REQUIRE(version.step());
  CHECK(version.number(0) == 99);
}

TEST_CASE_FIXTURE(RegistryFixture, "a file that is no database is said to be damaged") {
  REQUIRE(write_file_atomically(folder.path() / "noise.db", std::string(8192, 'x'), 0600));
  const auto opened = SqliteStore::open(folder.path() / "noise.db");
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::data_damaged);
}

TEST_CASE_FIXTURE(RegistryFixture, "the audit log cannot be changed") {
  add_publisher("acme");
  registry.reset();
  Database raw(folder.path() / "mktd.db", Database::Mode::read_write);
  CHECK_THROWS_AS(raw.execute("UPDATE audit_log SET actor = 'nobody'"), SqlError);
  CHECK_THROWS_AS(raw.execute("DELETE FROM audit_log"), SqlError);
}

}  // namespace
}  // namespace mkt
