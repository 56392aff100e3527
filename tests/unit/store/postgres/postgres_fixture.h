// A PostgreSQL for tests: tests/integration/postgres.sh starts one and names it in
// MKT_TEST_POSTGRES (a URL); without it these tests skip themselves. Each test has a schema of its
// own, so that tests run in parallel.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/base/encoding.h"
#include "daemon/store/postgres/connection.h"
#include "daemon/store/postgres/postgres_store.h"

namespace mkt {

inline const char* postgres_for_tests() { return std::getenv("MKT_TEST_POSTGRES"); }

// ctest reads the message, and reports the test as skipped.
inline bool has_postgres() {
  if (postgres_for_tests() != nullptr) return true;
  MESSAGE("SKIPPED: MKT_TEST_POSTGRES names no PostgreSQL");
  return false;
}

// What is promised here is not promised within a time: the machine may be busy with other tests.
inline constexpr std::chrono::seconds kPostgresPatience{20};

inline postgres::PgDeadline patiently() {
  return std::chrono::steady_clock::now() + kPostgresPatience;
}

inline std::unique_ptr<postgres::Connection> connect_to(const std::string& url) {
  const auto target = postgres::PgTarget::parse(url);
  REQUIRE(target);
  auto opened = postgres::Connection::open(*target, patiently());
  if (!opened) FAIL(opened.failure().message);
  return std::move(*opened);
}

// Statements without rows; fails the test where one fails.
inline void run_sql(const std::string& url, const std::string& sql) {
  const auto failure = connect_to(url)->run_script(sql.c_str(), patiently());
  if (failure) FAIL(failure->state << ' ' << failure->message);
}

// The only column of the only row, as text.
inline std::string ask_sql(const std::string& url, const char* sql) {
  const postgres::PgStatement statement(sql);
  const auto connection = connect_to(url);
  auto answers = connection->exchange({&statement, 1}, patiently());
  if (answers.failure) FAIL(answers.failure->state << ' ' << answers.failure->message);
  REQUIRE(answers.rows[0].size() == 1);
  return answers.rows[0][0].text(0);
}

// A schema of its own, dropped at the end.
class TestSchema {
 public:
  explicit TestSchema(const std::string& server = postgres_for_tests())
      : server_(server), name_("mkt_" + random_hex(8)) {
    run_sql(server_, "CREATE SCHEMA " + name_);
  }
  ~TestSchema() {
    // The stores of a test that failed may still use it.
    connect_to(server_)->run_script(("DROP SCHEMA " + name_ + " CASCADE").c_str(), patiently());
  }
  TestSchema(const TestSchema&) = delete;
  TestSchema& operator=(const TestSchema&) = delete;

  std::string url() const { return url_on(server_); }
  // The same schema through another address of the server.
  std::string url_on(const std::string& server) const {
    return fmt::format("{}{}options=-csearch_path%3D{}", server,
                       server.find('?') == std::string::npos ? '?' : '&', name_);
  }

 private:
  const std::string server_;
  const std::string name_;
};

// A schema with the tables.
struct TestDatabase : TestSchema {
  TestDatabase() { REQUIRE(PostgresStore::create(url(), kPostgresPatience)); }
};

// Waits longer than usual, for a busy machine.
inline PostgresOptions patient_options() {
  PostgresOptions options;
  options.reader_queue = options.read = options.open = kPostgresPatience;
  options.change.queue = options.change.connect = options.change.read = options.change.flight =
      options.change.settle = kPostgresPatience;
  options.retry.backoff.attempts = 100;
  options.retry.deadline = kPostgresPatience;
  return options;
}

inline std::unique_ptr<PostgresStore> open_postgres(
    const std::string& url, const PostgresOptions& options = patient_options()) {
  auto opened = PostgresStore::open(url, options);
  if (!opened) FAIL(opened.error().message);
  return std::move(*opened);
}

}  // namespace mkt
