// What a database must be like.
#include "daemon/store/postgres/schema.h"

#include "tests/unit/store/postgres/postgres_fixture.h"

namespace mkt {
namespace {

// A database of its own, with these options of CREATE DATABASE; the server's role must be allowed
// to.
class OwnDatabase {
 public:
  explicit OwnDatabase(const std::string& options) : name_("mkt_" + random_hex(8)) {
    run_sql(server_, fmt::format("CREATE DATABASE {} TEMPLATE template0 {}", name_, options));
  }
  ~OwnDatabase() {
    connect_to(server_)->run_script(fmt::format("DROP DATABASE {} WITH (FORCE)", name_).c_str(),
                                    patiently());
  }
  OwnDatabase(const OwnDatabase&) = delete;
  OwnDatabase& operator=(const OwnDatabase&) = delete;

  std::string url(const std::string& options = "") const {
    return server_.substr(0, server_.rfind('/') + 1) + name_ + options;
  }

 private:
  const std::string server_ = postgres_for_tests();
  const std::string name_;
};

Error refused(const std::string& url) {
  const auto opened = PostgresStore::open(url);
  REQUIRE_FALSE(opened);
  return opened.error();
}

TEST_CASE("with PostgreSQL: a database without tables, or with another schema, is refused") {
  if (!has_postgres()) return;
  const TestSchema empty;
  CHECK(refused(empty.url()).code == ErrorCode::data_damaged);
  CHECK(refused(empty.url()).message.find("mktd init --database") != std::string::npos);

  const TestDatabase newer;
  run_sql(newer.url(), "UPDATE schema_version SET version = 99, oldest = 99");
  CHECK(refused(newer.url()).code == ErrorCode::data_damaged);
  CHECK(ask_sql(newer.url(), "SELECT version FROM schema_version") == "99");
}

TEST_CASE("with PostgreSQL: tables are made once, and opening makes none") {
  if (!has_postgres()) return;
  const TestDatabase database;
  const Status again = PostgresStore::create(database.url(), kPostgresPatience);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == ErrorCode::target_exists);
  CHECK(open_postgres(database.url()));
}

TEST_CASE("with PostgreSQL: a database that sorts by a language or is not UTF-8 is refused") {
  if (!has_postgres()) return;
  {
    const OwnDatabase latin("ENCODING 'LATIN1' LOCALE 'C'");
    CHECK(refused(latin.url()).message.find("ENCODING 'UTF8'") != std::string::npos);
  }
  // ICU's root collation is on every machine.
  const OwnDatabase sorted("ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'en'");
  CHECK(refused(sorted.url()).code == ErrorCode::invalid_input);
  CHECK(refused(sorted.url()).message.find("LC_COLLATE 'C'") != std::string::npos);
}

TEST_CASE("with PostgreSQL: a database that does not wait for its disk is refused") {
  if (!has_postgres()) return;
  const TestDatabase database;
  const std::string hasty = database.url() + "%20-csynchronous_commit%3Doff";
  CHECK(refused(hasty).code == ErrorCode::invalid_input);
  CHECK(open_postgres(database.url() + "%20-csynchronous_commit%3Dlocal"));
}

TEST_CASE("with PostgreSQL: the audit log cannot be changed") {
  if (!has_postgres()) return;
  const TestDatabase database;
  for (const char* sql :
       {"UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log", "TRUNCATE audit_log"}) {
    CAPTURE(sql);
    const auto failure = connect_to(database.url())->run_script(sql, patiently());
    REQUIRE(failure);
    CHECK(failure->state == "42501");
  }
}

TEST_CASE("PostgresStore: a server that is not there is told, without the password") {
  const auto opened = PostgresStore::open("postgresql://mktd:s3cret@127.0.0.1:1/market");
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::storage_failed);
  CHECK(opened.error().message.find("127.0.0.1/market cannot be reached") != std::string::npos);
  CHECK(opened.error().message.find("s3cret") == std::string::npos);
}

}  // namespace
}  // namespace mkt
