// What any Store promises; run on SqliteStore.
#include "daemon/store/store.h"

#include <doctest/doctest.h>
#include <atomic>
#include <thread>

#include "daemon/store/sqlite/sqlite_store.h"
#include "tests/unit/store/store_fixture.h"

namespace mkt {
namespace {

TEST_CASE_FIXTURE(StoreFixture, "a published version is there after the store is opened again") {
  const KeyRecord key = add_publisher("acme");
  REQUIRE(store->publish(version("tool", "1.0.0", key), kActor));
  reopen();
  const auto found = store->version("tool", "1.0.0");
  REQUIRE(found);
  REQUIRE(*found);
  CHECK((*found)->checksum == "sha256:tool1.0.0");
  CHECK(*store->blob_is_referenced("sha256:tool1.0.0"));
  CHECK_FALSE(*store->blob_is_referenced("sha256:other"));
}

TEST_CASE_FIXTURE(StoreFixture, "the same bytes again change nothing, other bytes are refused") {
  const KeyRecord key = add_publisher("acme");
  const auto first = store->publish(version("tool", "1.0.0", key), kActor);
  REQUIRE(first);
  CHECK(first->is_new);
  const auto again = store->publish(version("tool", "1.0.0", key), kActor);
  REQUIRE(again);
  CHECK_FALSE(again->is_new);
  CHECK(again->version.seq == first->version.seq);
  NewVersion other = version("tool", "1.0.0", key);
  other.version.checksum = "sha256:other";
  const auto refused = store->publish(other, kActor);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::version_exists);
}

TEST_CASE_FIXTURE(StoreFixture, "a connector belongs to who published it first") {
  const KeyRecord acme = add_publisher("acme");
  const KeyRecord rival = add_publisher("rival");
  REQUIRE(store->publish(version("tool", "1.0.0", acme), kActor));
  const auto refused = store->publish(version("tool", "2.0.0", rival), kActor);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::not_owner);
  const auto unknown = [&] {
    KeyRecord k = acme;
    k.key_id = "acme:ffffffffffffffff";
    return store->publish(version("tool", "3.0.0", k), kActor);
  }();
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::key_unknown);
}

TEST_CASE_FIXTURE(StoreFixture, "publishers and keys are registered once") {
  const KeyRecord key = add_publisher("acme");
  PublisherRecord p;
  p.id = "acme";
  CHECK(store->add_publisher(p, key, kActor).error().code == ErrorCode::publisher_exists);
  p.id = "thief";
  CHECK(store->add_publisher(p, key, kActor).error().code == ErrorCode::key_exists);
  CHECK_FALSE(*store->publisher("thief"));
  CHECK(store->keys_since(0)->keys.size() == 1);
  CHECK(store->keys_since(0)->sequence > 0);
}

TEST_CASE_FIXTURE(StoreFixture, "latest is the highest release by semver's precedence") {
  const KeyRecord key = add_publisher("acme");
  const auto latest_after = [&](const std::string& v) {
    NewVersion n = version("tool", v, key);
    REQUIRE(store->publish(n, kActor));
    return (*store->connector("tool"))->latest_version;
  };
  CHECK(latest_after("2.0.0-rc.1") == "2.0.0-rc.1");
  CHECK(latest_after("2.0.0-rc.2") == "2.0.0-rc.2");
  CHECK(latest_after("1.9.0") == "1.9.0");
  CHECK(latest_after("1.10.0") == "1.10.0");
  CHECK(latest_after("1.2.0") == "1.10.0");
  CHECK(latest_after("3.0.0-alpha") == "1.10.0");
  CHECK(latest_after("2.0.0") == "2.0.0");
  const auto found = store->connector_with_versions("tool");
  REQUIRE(found);
  REQUIRE(*found);
  CHECK((*found)->versions.front().version == "2.0.0");  // newest published first
  CHECK((*found)->versions.back().version == "2.0.0-rc.1");
}

TEST_CASE_FIXTURE(StoreFixture, "search finds words and their beginnings, an exact id first") {
  const KeyRecord key = add_publisher("acme");
  const auto add = [&](const std::string& id, const std::string& description,
                       const std::string& capability) {
    NewVersion n = version(id, "1.0.0", key);
    n.description = description;
    n.capabilities = {capability};
    n.keywords = {"shared"};
    REQUIRE(store->publish(n, kActor));
  };
  add("slack-extra", "slack slack slack", "messaging");
  add("slack", "talks to a service", "messaging");
  add("jira", "Tickets and naïve issues", "issue-tracking");

  SearchQuery q;
  q.text = "slack";
  CHECK(search(q) == std::vector<std::string>{"slack", "slack-extra"});
  q.text = "NAIVE tick";
  CHECK(search(q) == std::vector<std::string>{"jira"});
  q.text = "slack tickets";
  CHECK(search(q).empty());
  q.text = "\"*( NEAR AND -";
  CHECK(search(q).empty());
  q.text = "()";
  CHECK(search(q).empty());
  q.text = "";
  q.capabilities = {"messaging"};
  CHECK(search(q).size() == 2);
  q.categories = {"shared"};
  q.sort_by = SortBy::name;
  q.descending = false;
  CHECK(search(q) == std::vector<std::string>{"slack", "slack-extra"});
  q.capabilities = {};
  q.page_size = 2;
  q.page = 2;
  CHECK(search(q) == std::vector<std::string>{"slack-extra"});
  CHECK(store->search(q)->total == 3);
}

TEST_CASE_FIXTURE(StoreFixture, "search shows what the latest version says, not an older one") {
  const KeyRecord key = add_publisher("acme");
  NewVersion n = version("tool", "2.0.0", key);
  n.description = "modern";
  REQUIRE(store->publish(n, kActor));
  n = version("tool", "1.0.0", key);
  n.description = "ancient";
  REQUIRE(store->publish(n, kActor));
  SearchQuery q;
  q.text = "ancient";
  CHECK(search(q).empty());
  q.text = "modern";
  CHECK(search(q).size() == 1);
}

TEST_CASE_FIXTURE(StoreFixture, "of many who publish one version at once, one wins") {
  const KeyRecord key = add_publisher("acme");
  std::atomic<int> created = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      NewVersion n = version("tool", "1.0.0", key);
      n.version.checksum = fmt::format("sha256:{}", i);
      const auto result = store->publish(n, kActor);
      if (result && result->is_new) ++created;
      if (!result && result.error().code == ErrorCode::version_exists) ++refused;
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(created == 1);
  CHECK(refused == 15);
}

TEST_CASE_FIXTURE(StoreFixture, "tokens are found by id and gone once removed") {
  TokenRecord t;
  t.id = "0123456789ab";
  t.hash = "h";
  t.role = Role::publisher;
  t.subject = "acme";
  t.created_at = utc_now();
  REQUIRE(store->add_token(t, kActor));
  REQUIRE(*store->token(t.id));
  CHECK((*store->token(t.id))->role == Role::publisher);
  REQUIRE(store->remove_token(t.id, kActor));
  CHECK_FALSE(*store->token(t.id));
  CHECK(store->remove_token(t.id, kActor).error().code == ErrorCode::token_not_found);
}

TEST_CASE_FIXTURE(StoreFixture, "a database of a newer mktd is refused and left as it is") {
  store.reset();
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

TEST_CASE_FIXTURE(StoreFixture, "a file that is no database is said to be damaged") {
  REQUIRE(write_file_atomically(folder.path() / "noise.db", std::string(8192, 'x'), 0600));
  const auto opened = SqliteStore::open(folder.path() / "noise.db");
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::data_damaged);
}

TEST_CASE_FIXTURE(StoreFixture, "the audit log cannot be changed") {
  add_publisher("acme");
  store.reset();
  Database raw(folder.path() / "mktd.db", Database::Mode::read_write);
  CHECK_THROWS_AS(raw.execute("UPDATE audit_log SET actor = 'nobody'"), SqlError);
  CHECK_THROWS_AS(raw.execute("DELETE FROM audit_log"), SqlError);
}

TEST_CASE_FIXTURE(StoreFixture, "what is shown of a connector is stale after its own changes") {
  const KeyRecord key = add_publisher("acme");
  REQUIRE(store->publish(version("tool", "1.0.0", key), kActor));
  REQUIRE(store->publish(version("other", "1.0.0", key), kActor));
  Freshness tool = store->freshness_of("tool");
  Freshness other = store->freshness_of("other");
  const auto is_stale = [&] {
    const bool stale = !tool.holds();
    CHECK(other.holds());
    tool = store->freshness_of("tool");
    return stale;
  };
  CHECK_FALSE(is_stale());
  REQUIRE(store->publish(version("tool", "1.1.0", key), kActor));
  CHECK(is_stale());
  REQUIRE(store->add_downloads("tool", "1.0.0", 3));
  CHECK(is_stale());
  REQUIRE(store->set_deprecated("tool", "1.0.0", "old", UtcTime(), kActor));
  CHECK(is_stale());
  REQUIRE(store->countersign(version("tool", "1.0.0", key).version, UtcTime(), kActor));
  CHECK(is_stale());
  REQUIRE(store->note("test", "tool", "", UtcTime(), kActor));
  CHECK_FALSE(is_stale());
}

TEST_CASE_FIXTURE(StoreFixture, "everything shown is stale after a change to publishers and keys") {
  const KeyRecord key = add_publisher("acme");
  REQUIRE(store->publish(version("tool", "1.0.0", key), kActor));
  const auto makes_stale = [&](const auto& change) {
    const Freshness tool = store->freshness_of("tool");
    const Freshness rest = store->freshness();
    REQUIRE(change());
    return !tool.holds() && !rest.holds();
  };
  CHECK(
      makes_stale([&] { return store->set_publisher_verified("acme", true, UtcTime(), kActor); }));
  Revocation revocation;
  revocation.key_id = key.key_id;
  revocation.code = ReasonCode::compromised;
  CHECK(makes_stale([&] { return store->revoke_key(revocation, kActor); }));
}

TEST_CASE("CommitQueue: a change that fails takes no other with it") {
  auto folder = TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-queue-");
  REQUIRE(folder);
  auto database = std::make_unique<Database>(folder->path() / "q.db", Database::Mode::read_write);
  database->execute("CREATE TABLE t (n INTEGER UNIQUE)");
  CommitQueue queue(std::move(database));
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  for (int i = 0; i < 40; ++i) {
    threads.emplace_back([&, i] {
      const Status outcome = queue.run(Touches::all(), [&](Database& db) -> Status {
        db.query("INSERT INTO t VALUES (?)").bind(static_cast<std::int64_t>(i)).run();
        if (i % 4 == 0) return Error(ErrorCode::busy, "no");
        if (i % 4 == 1) db.execute("INSERT INTO no_such_table VALUES (1)");
        return {};
      });
      if (!outcome) ++failed;
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(failed == 20);
  std::int64_t kept = 0;
  REQUIRE(queue.run(Touches::all(), [&](Database& db) -> Status {
    Query count = db.query("SELECT count(*) FROM t");
    if (count.step()) kept = count.number(0);
    return {};
  }));
  CHECK(kept == 20);
}

}  // namespace
}  // namespace mkt
