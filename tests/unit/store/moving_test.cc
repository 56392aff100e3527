// A marketplace's rows on their way between SQLite and PostgreSQL.
#include "daemon/store/moving/move_rows.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "common/base/files.h"
#include "daemon/store/postgres/postgres_rows_end.h"
#include "daemon/store/sqlite/sqlite_rows_end.h"
#include "daemon/store/sqlite/sqlite_store.h"
#include "tests/unit/must.h"
#include "tests/unit/store/postgres/postgres_fixture.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

const MoveProgress kQuietly = [](const std::string&) {};

std::set<std::string> words_of(std::string columns) {
  std::replace(columns.begin(), columns.end(), ',', ' ');
  std::istringstream in(columns);
  std::set<std::string> words;
  for (std::string word; in >> word;) words.insert(word);
  return words;
}

// A file with the tables, and rows that are hard to carry.
struct MovedFile {
  MovedFile() {
    { auto store = must(SqliteStore::open(path())); }
    run(R"sql(
      INSERT INTO publishers (id, display_name, email, status, verified, created_at, status_reason)
        VALUES ('acme', 'A\B' || char(9) || 'C' || char(10) || char(13) || char(8), '', 'active', 1,
                1700000000000, '\N'),
               ('z', '\.', 'é🔑', 'banned', 0, -1, '');
      INSERT INTO publisher_keys (key_id, publisher_id, public_key, fingerprint, status, created_at,
                                  expires_at, changed_seq, alias)
        VALUES ('acme:1', 'acme', 'p', 'f', 'revoked', 1, NULL, 7, 'old');
      INSERT INTO connectors VALUES (3, 'tool', 'acme', '1.0.0', 'T', '', 'a', '["custom"]', 12, 1, 2,
                                     '["acme","beta"]');
      INSERT INTO connectors VALUES (9, 'Tool-b', 'acme', '1.0.0', 'T', '', 'a', '[]', 0, 1, 2,
                                     '[]');
      INSERT INTO connector_labels VALUES ('custom', 'capability', 3), ('b', 'keyword', 3);
      INSERT INTO connector_owners VALUES ('tool', 'acme', 1, 1);
      INSERT INTO version_dependencies VALUES ('Tool-b', 'tool', '1.0.0', '^1.0.0');
      INSERT INTO versions (connector_id, version, manifest, checksum, size, signature,
                            signing_key_id, published_at, published_by, prerelease, seq, signature_seq)
        VALUES ('tool', '1.0.0', '{"a": "\u0000"}', 'sha256:' || hex(zeroblob(32)), 10,
                '{"keyId": "old"}', 'acme:1', 1, 'acme', 0, 7, 7),
               ('tool', '1.0.0-rc', '{}', 'sha256:' || hex(zeroblob(32)), 10, '{}', 'acme:1', 1,
                'acme', 1, 8, 8);
      INSERT INTO tokens VALUES ('t', 'h', 'ci', 'admin', '', 1, NULL, 5, 1, 'mail-* tool', '10.0.0.0/8');
      INSERT INTO install_requests VALUES (21, 'req', 'team', 'tool', '1.0.0', 'c', '{}', 'approved',
        'bob', 1, 2, 1, 0, 'r', 'e', '', 0, 3, 'alice', '', '');
      INSERT INTO approvals VALUES (21, 'alice', 1, '', '', 't');
      INSERT INTO installations VALUES ('team', 'tool', '1.0.0', 'c', '{}', 'req', 'bob', 1, 1);
      INSERT INTO outbox (seq, kind, key, at) VALUES (40, 'log', '["1"]', 1), (41, 'log', '["2"]', 1);
      DELETE FROM outbox WHERE seq = 41;
      INSERT INTO mirror_state VALUES ('complete', 'yes');
      INSERT INTO webhook_cursors VALUES ('hook', 8);
      INSERT INTO audit_log (seq, at, actor, address, request_id, action, subject)
        VALUES (7, 50, 'a', '', '', 'version.publish', 'tool@1.0.0'), (8, 60, 'a', '', '', 'x', 'y');
    )sql");
  }
  fs::path path() const { return folder.path() / "mktd.db"; }
  void run(const char* sql) const { Database(path(), Database::Mode::read_write).execute(sql); }

  TemporaryFolder folder = *TemporaryFolder::create(fs::temp_directory_path(), "mkt-moving-");
};

TEST_CASE("a moved row is a line of COPY, and comes back from it") {
  const MovedRow row{std::string("a\tb\nc\rd\be\ff\vg\\"), std::nullopt, std::string(),
                     std::string("\\N"), std::string("é🔑")};
  const std::string line = line_of(row);
  CHECK(line == "a\\tb\\nc\\rd\\be\\ff\\vg\\\\\t\\N\t\t\\\\N\té🔑\n");
  CHECK(must(row_of_line(line)) == row);
  CHECK(must(row_of_line("")) == MovedRow{std::string()});
  CHECK(row_of_line("a\\x").error().code == ErrorCode::data_damaged);
  CHECK(row_of_line("a\\").error().code == ErrorCode::data_damaged);
}

TEST_CASE("the list of moved tables has every table and column of SQLite") {
  const MovedFile file;
  Database db(file.path(), Database::Mode::read_only);
  std::map<std::string, std::set<std::string>> listed;
  for (const MovedTable& table : moved_tables()) {
    // What PostgreSQL keeps apart is one table there.
    const std::string name = table.name;
    listed[name == "version_files" ? "versions" : name].merge(words_of(table.columns));
  }
  listed["versions"].erase("signed_as");
  std::map<std::string, std::set<std::string>> there;
  Query row = db.query(R"sql(
      SELECT t.name, c.name FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS c
      WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%')sql");
  while (row.step()) there[row.text(0)].insert(row.text(1));
  CHECK(listed == there);
}

TEST_CASE("with PostgreSQL: the list of moved tables has every table and column") {
  if (!has_postgres()) return;
  const TestDatabase database;
  std::string listed, there;
  std::set<std::string> lines{"audit_log.touches"};
  for (const MovedTable& table : moved_tables()) {
    for (const std::string& column : words_of(table.columns)) {
      lines.insert(fmt::format("{}.{}", table.name, column));
    }
  }
  for (const std::string& line : lines) listed += line + "\n";
  // Without what daemons know of each other, and what numbers the schema.
  there = ask_sql(database.url(), R"sql(
      SELECT string_agg(table_name || '.' || column_name || E'\n', ''
                        ORDER BY table_name || '.' || column_name)
      FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
      WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name NOT IN
            ('schema_version', 'log_head', 'tickets', 'daemons', 'job_leases', 'secrets', 'tenants',
             'blobs'))sql");
  CHECK(listed == there);
}

TEST_CASE("with PostgreSQL: a marketplace moves there and back, and is the same") {
  if (!has_postgres()) return;
  const MovedFile file;
  const TestSchema database;
  const auto target = must(postgres::PgTarget::parse(database.url()));
  REQUIRE(PostgresRowsEnd::prepare(target));
  REQUIRE(PostgresRowsEnd::prepare(target));  // and again

  std::vector<MovedCount> there;
  {
    const auto source = must(SqliteRowsEnd::read(file.path()));
    {
      const auto given_up = must(PostgresRowsEnd::arrive(target));
      REQUIRE_FALSE(have_rows(must(digest_rows(*given_up))));
      CHECK(move_rows(*source, *given_up, kQuietly));
    }
    const auto end = must(PostgresRowsEnd::arrive(target));
    REQUIRE_FALSE(have_rows(must(digest_rows(*end))));  // nothing without commit
    there = must(move_rows(*source, *end, kQuietly));
    REQUIRE(end->commit());
    end->analyze();
    CHECK(first_difference(there, must(digest_rows(*source))).empty());
    CHECK(must(referenced_blobs(*source)).size() == 1);
  }
  // And changes go into the outbox, which is complete.
  CHECK(ask_sql(database.url(), "SELECT concat_ws(' ', seq, num, at, mirrored) FROM log_head") ==
        "8 41 60 1");
  CHECK(
      ask_sql(database.url(), "SELECT string_agg(signed_as, ' ' ORDER BY version) FROM versions") ==
      "old acme:1");
  CHECK(ask_sql(database.url(), "SELECT manifest FROM version_files WHERE version = '1.0.0'") ==
        "{\"a\": \"\\u0000\"}");

  const TemporaryFolder folder =
      must(TemporaryFolder::create(fs::temp_directory_path(), "mkt-moved-back-"));
  for (const bool is_copy : {false, true}) {
    const fs::path back = folder.path() / (is_copy ? "copy.db" : "mktd.db");
    {
      const auto source = must(PostgresRowsEnd::read(target));
      const auto end = must(is_copy ? SqliteRowsEnd::write_copy(back) : SqliteRowsEnd::write(back));
      const auto returned = must(move_rows(*source, *end, kQuietly));
      CHECK(first_difference(there, returned).empty());
      REQUIRE(end->commit());
    }
    CHECK(must(check_database(back)).empty());
    const auto end = must(SqliteRowsEnd::read(back));
    CHECK(first_difference(there, must(digest_rows(*end))).empty());
    // A number is never given twice.
    CHECK(must(end->numbers()).seq == 8);
    CHECK(must(end->numbers()).num == 41);
  }
}

TEST_CASE("with PostgreSQL: a text that it cannot keep is refused, and the table is named") {
  if (!has_postgres()) return;
  const MovedFile file;
  file.run("UPDATE tokens SET name = 'a' || char(0) || 'b'");
  const TestDatabase database;
  const auto target = must(postgres::PgTarget::parse(database.url()));
  const auto source = must(SqliteRowsEnd::read(file.path()));
  const auto end = must(PostgresRowsEnd::arrive(target));
  const auto moved = move_rows(*source, *end, kQuietly);
  REQUIRE_FALSE(moved);
  CHECK(moved.error().code == ErrorCode::invalid_input);
  CHECK(moved.error().message.starts_with("while copying tokens: "));
}

TEST_CASE("with PostgreSQL: rows that come back otherwise are not kept") {
  if (!has_postgres()) return;
  const MovedFile file;
  const TestDatabase database;
  const auto target = must(postgres::PgTarget::parse(database.url()));
  const auto source = must(SqliteRowsEnd::read(file.path()));
  const auto end = must(PostgresRowsEnd::arrive(target));
  // A column that keeps fewer digits than it was given.
  run_sql(database.url(), "ALTER TABLE tokens ALTER COLUMN created_at TYPE numeric(20, 2)");
  const auto moved = move_rows(*source, *end, kQuietly);
  REQUIRE_FALSE(moved);
  CHECK(moved.error().code == ErrorCode::data_damaged);
  CHECK(moved.error().message.find("the rows of tokens") != std::string::npos);
}

TEST_CASE("with PostgreSQL: nobody moves a database under a daemon, or twice at once") {
  if (!has_postgres()) return;
  const TestDatabase database;
  const auto target = must(postgres::PgTarget::parse(database.url()));
  {
    const auto first = must(PostgresRowsEnd::arrive(target));
    const auto second = PostgresRowsEnd::arrive(target);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::busy);
    CHECK(PostgresRowsEnd::read(target));
  }
  const auto daemon = open_postgres(database.url());
  REQUIRE(daemon->join({.host = "registry.example"}));
  for (const auto& refused : {PostgresRowsEnd::arrive(target), PostgresRowsEnd::leave(target)}) {
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::data_locked);
    CHECK(refused.error().message.find("registry.example") != std::string::npos);
  }
}

TEST_CASE("with PostgreSQL: a database whose marketplace was moved takes no change and no daemon") {
  if (!has_postgres()) return;
  const TestDatabase database;
  const auto target = must(postgres::PgTarget::parse(database.url()));
  // One that does not know of it, since it was opened before.
  const auto late = open_postgres(database.url());
  {
    const auto end = must(PostgresRowsEnd::leave(target));
    REQUIRE(end->commit_moved("the data folder /srv/mktd on registry"));
  }
  const auto changed = late->change(Touches::nothing(), [](Records& records) -> Status {
    records.log().append({from_unix_ms(1), {}, "token.create", "t", "{}"});
    return {};
  });
  CHECK_FALSE(changed);
  CHECK(ask_sql(database.url(), "SELECT count(*) FROM audit_log") == "0");
  const Status joined = late->join();
  REQUIRE_FALSE(joined);
  CHECK(joined.error().message.find("moved away") != std::string::npos);
  const auto opened = PostgresStore::open(database.url());
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::data_moved);
  CHECK(opened.error().message.find("/srv/mktd on registry") != std::string::npos);
  CHECK(PostgresRowsEnd::read(target).error().code == ErrorCode::data_moved);
}

TEST_CASE("rows are read from this build's schema only") {
  const MovedFile file;
  file.run("PRAGMA user_version = 8");
  const auto older = SqliteRowsEnd::read(file.path());
  REQUIRE_FALSE(older);
  CHECK(older.error().code == ErrorCode::data_damaged);
  CHECK(older.error().message.find("start this mktd once") != std::string::npos);
  CHECK(SqliteRowsEnd::read(file.path() / "x").error().code == ErrorCode::not_found);
}

}  // namespace
}  // namespace mkt
