// A database of an older mktd is taken over with all that is in it.
#include <sqlite3.h>

#include "common/base/json.h"
#include "daemon/service/log_text.h"
#include "tests/unit/service/registry_fixture.h"

namespace mkt {
namespace {

// `.dump` of a database with that schema.
void load(const std::filesystem::path& dump, int schema, const std::filesystem::path& database) {
  const auto sql = read_file(dump, 1 << 20);
  REQUIRE(sql);
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(database.c_str(), &db) == SQLITE_OK);
  const std::string all = *sql + fmt::format("PRAGMA user_version = {};", schema);
  CHECK(sqlite3_exec(db, all.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
}

TEST_CASE("schema 3 is migrated, with versions, tokens and the log") {
  const auto folder = TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-old-");
  REQUIRE(folder);
  const std::filesystem::path file = folder->path() / "mktd.db";
  load(std::filesystem::path(__FILE__).parent_path() / "schema_3.sql", 3, file);
  Registry registry(folder->path());

  const auto version = registry.version("tool", "1.0.0");
  REQUIRE(version);
  REQUIRE(*version);
  CHECK((*version)->capabilities == std::vector<std::string>{"auth", "vcs"});
  CHECK((*version)->policy_classes == std::vector<std::string>{"READ", "DESTRUCTIVE"});
  const auto tokens = registry.tokens();
  REQUIRE(tokens->size() == 2);
  const auto log = registry.log({});
  REQUIRE_FALSE(log->empty());
  for (const LogEntry& entry : *log) {
    if (entry.action != "version.publish") continue;
    CHECK(log_text(entry) == (*version)->checksum);
    const auto document = parse_json(entry.document, "the document");
    CHECK((*document)["connector"] == "tool");
  }
  // And it works as a new one does: this needs an approval.
  const auto outcome =
      registry.request_install({"req_1", "team", "tool", "1.0.0", "{}", "bob", utc_now()}, kActor);
  REQUIRE(outcome);
  CHECK(outcome->kind == InstallOutcome::Kind::pending);
}

TEST_CASE("schema 4 is migrated: what waits for a second approval can have it") {
  const auto folder = TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-old-");
  REQUIRE(folder);
  const std::filesystem::path file = folder->path() / "mktd.db";
  load(std::filesystem::path(__FILE__).parent_path() / "schema_4.sql", 4, file);
  Registry registry(folder->path());
  const auto waiting = registry.install_request("req_2");
  REQUIRE(waiting);
  REQUIRE(*waiting);
  CHECK((*waiting)->installed_request == "req_1");
  REQUIRE((*waiting)->approvals.size() == 1);
  CHECK((*waiting)->approvals[0].token_id.empty());
  const auto approved = registry.approve_request(
      {"team", "req_2", "carol", "", "", (*waiting)->requested_at}, kActor);
  REQUIRE(approved);
  CHECK(approved->status == RequestStatus::approved);
  CHECK(must(registry.installation("team", "tool")).version == "1.1.0");
}

TEST_CASE("a database of a newer mktd is refused, and left alone") {
  const auto folder = TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-new-");
  REQUIRE(folder);
  const std::filesystem::path file = folder->path() / "mktd.db";
  load(std::filesystem::path(__FILE__).parent_path() / "schema_3.sql", 999, file);
  const auto store = SqliteStore::open(file);
  REQUIRE_FALSE(store);
  CHECK(store.error().code == ErrorCode::data_damaged);
}

}  // namespace
}  // namespace mkt
