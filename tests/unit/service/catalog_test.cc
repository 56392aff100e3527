// What is published, found and shown.
#include "daemon/service/catalog.h"

#include <doctest/doctest.h>
#include <atomic>
#include <thread>

#include "daemon/service/notices.h"
#include "daemon/store/sqlite/sqlite_store.h"
#include "tests/unit/service/registry_fixture.h"

namespace mkt {
namespace {

TEST_CASE_FIXTURE(RegistryFixture, "a published version is there after the store is opened again") {
  const KeyRecord key = add_publisher("acme");
  REQUIRE(registry->publish(version("tool", "1.0.0", key), kActor));
  reopen();
  const auto found = registry->version("tool", "1.0.0");
  REQUIRE(found);
  REQUIRE(*found);
  CHECK((*found)->checksum == "sha256:tool1.0.0");
  CHECK(*registry->blob_is_referenced("sha256:tool1.0.0"));
  CHECK_FALSE(*registry->blob_is_referenced("sha256:other"));
}

TEST_CASE_FIXTURE(RegistryFixture, "the same bytes again change nothing, other bytes are refused") {
  const KeyRecord key = add_publisher("acme");
  const auto first = registry->publish(version("tool", "1.0.0", key), kActor);
  REQUIRE(first);
  CHECK(first->is_new);
  const auto again = registry->publish(version("tool", "1.0.0", key), kActor);
  REQUIRE(again);
  CHECK_FALSE(again->is_new);
  CHECK(again->version.seq == first->version.seq);
  NewVersion other = version("tool", "1.0.0", key);
  other.version.checksum = "sha256:other";
  const auto refused = registry->publish(other, kActor);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::version_exists);
}

TEST_CASE_FIXTURE(RegistryFixture, "a connector belongs to who published it first") {
  const KeyRecord acme = add_publisher("acme");
  const KeyRecord rival = add_publisher("rival");
  REQUIRE(registry->publish(version("tool", "1.0.0", acme), kActor));
  const auto refused = registry->publish(version("tool", "2.0.0", rival), kActor);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::not_owner);
  const auto unknown = [&] {
    KeyRecord k = acme;
    k.key_id = "acme:ffffffffffffffff";
    return registry->publish(version("tool", "3.0.0", k), kActor);
  }();
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::key_unknown);
}

TEST_CASE_FIXTURE(RegistryFixture, "publishers and keys are registered once") {
  const KeyRecord key = add_publisher("acme");
  PublisherRecord p;
  p.id = "acme";
  CHECK(registry->add_publisher(p, key, kActor).error().code == ErrorCode::publisher_exists);
  p.id = "thief";
  CHECK(registry->add_publisher(p, key, kActor).error().code == ErrorCode::key_exists);
  CHECK_FALSE(*registry->publisher("thief"));
  CHECK(registry->keys_since(0)->keys.size() == 1);
  CHECK(registry->keys_since(0)->sequence > 0);
}

TEST_CASE_FIXTURE(RegistryFixture, "latest is the highest release by semver's precedence") {
  const KeyRecord key = add_publisher("acme");
  const auto latest_after = [&](const std::string& v) {
    NewVersion n = version("tool", v, key);
    REQUIRE(registry->publish(n, kActor));
    return must(registry->connector("tool")).latest_version;
  };
  CHECK(latest_after("2.0.0-rc.1") == "2.0.0-rc.1");
  CHECK(latest_after("2.0.0-rc.2") == "2.0.0-rc.2");
  CHECK(latest_after("1.9.0") == "1.9.0");
  CHECK(latest_after("1.10.0") == "1.10.0");
  CHECK(latest_after("1.2.0") == "1.10.0");
  CHECK(latest_after("3.0.0-alpha") == "1.10.0");
  CHECK(latest_after("2.0.0") == "2.0.0");
  const auto found = registry->connector_with_versions("tool");
  REQUIRE(found);
  CHECK(found->versions.front().version == "2.0.0");  // newest published first
  CHECK(found->versions.back().version == "2.0.0-rc.1");
}

TEST_CASE_FIXTURE(RegistryFixture, "search finds words and their beginnings, an exact id first") {
  const KeyRecord key = add_publisher("acme");
  const auto add = [&](const std::string& id, const std::string& description,
                       const std::string& capability) {
    NewVersion n = version(id, "1.0.0", key);
    n.description = description;
    n.capabilities = {capability};
    n.keywords = {"shared"};
    REQUIRE(registry->publish(n, kActor));
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
  CHECK(registry->search(q)->total == 3);
}

TEST_CASE_FIXTURE(RegistryFixture, "search shows what the latest version says, not an older one") {
  const KeyRecord key = add_publisher("acme");
  NewVersion n = version("tool", "2.0.0", key);
  n.description = "modern";
  REQUIRE(registry->publish(n, kActor));
  n = version("tool", "1.0.0", key);
  n.description = "ancient";
  REQUIRE(registry->publish(n, kActor));
  SearchQuery q;
  q.text = "ancient";
  CHECK(search(q).empty());
  q.text = "modern";
  CHECK(search(q).size() == 1);
}

TEST_CASE_FIXTURE(RegistryFixture, "of many who publish one version at once, one wins") {
  const KeyRecord key = add_publisher("acme");
  std::atomic<int> created = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      NewVersion n = version("tool", "1.0.0", key);
      n.version.checksum = fmt::format("sha256:{}", i);
      const auto result = registry->publish(n, kActor);
      if (result && result->is_new) ++created;
      if (!result && result.error().code == ErrorCode::version_exists) ++refused;
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(created == 1);
  CHECK(refused == 15);
}

TEST_CASE_FIXTURE(RegistryFixture, "tokens are found by id and gone once removed") {
  const TokenRecord t = token("0123456789ab", Role::publisher, "acme");
  REQUIRE(registry->add_token(t, kActor));
  REQUIRE(*registry->token(t.id));
  CHECK(must(registry->token(t.id)).role == Role::publisher);
  REQUIRE(registry->remove_token(t.id, kActor));
  CHECK_FALSE(*registry->token(t.id));
  CHECK(registry->remove_token(t.id, kActor).error().code == ErrorCode::token_not_found);
}

TEST_CASE_FIXTURE(RegistryFixture, "what is shown of a connector is stale after its own changes") {
  const KeyRecord key = add_publisher("acme");
  REQUIRE(registry->publish(version("tool", "1.0.0", key), kActor));
  REQUIRE(registry->publish(version("other", "1.0.0", key), kActor));
  Freshness tool = registry->freshness_of("tool");
  Freshness other = registry->freshness_of("other");
  const auto is_stale = [&] {
    const bool stale = !tool.holds();
    CHECK(other.holds());
    tool = registry->freshness_of("tool");
    return stale;
  };
  CHECK_FALSE(is_stale());
  REQUIRE(registry->publish(version("tool", "1.1.0", key), kActor));
  CHECK(is_stale());
  REQUIRE(registry->add_downloads("tool", "1.0.0", 3));
  CHECK(is_stale());
  REQUIRE(registry->set_deprecated("tool", "1.0.0", "old", UtcTime(), kActor));
  CHECK(is_stale());
  REQUIRE(registry->countersign(version("tool", "1.0.0", key).version, UtcTime(), kActor));
  CHECK(is_stale());
  REQUIRE(registry->note("limit.reset", "tool", kActor));
  CHECK_FALSE(is_stale());
}

TEST_CASE_FIXTURE(RegistryFixture,
                  "everything shown is stale after a change to publishers and keys") {
  const KeyRecord key = add_publisher("acme");
  REQUIRE(registry->publish(version("tool", "1.0.0", key), kActor));
  const auto makes_stale = [&](const auto& change) {
    const Freshness tool = registry->freshness_of("tool");
    const Freshness rest = registry->freshness();
    REQUIRE(change());
    return !tool.holds() && !rest.holds();
  };
  CHECK(makes_stale([&] { return registry->set_publisher_verified("acme", true, kActor); }));
  Revocation revocation;
  revocation.key_id = key.key_id;
  revocation.code = ReasonCode::compromised;
  CHECK(makes_stale([&] { return registry->revoke_key(revocation, kActor); }));
}

TEST_CASE_FIXTURE(RegistryFixture, "a publisher sees what its keys signed, and who asked for it") {
  const KeyRecord mine = add_publisher("acme");
  const KeyRecord theirs = add_publisher("beta");
  Caller me;
  me.token_id = "mine";
  me.role = Role::publisher;
  me.subject = "acme";
  REQUIRE(registry->add_token(token("mine", Role::publisher, "acme"), kActor));
  REQUIRE(registry->publish(version("tool", "1.0.0", mine), me.actor()));
  REQUIRE(registry->publish(version("other", "1.0.0", theirs), kActor));
  REQUIRE(registry->publish(version("tool", "1.1.0", mine), kActor));
  const PublisherId acme = *PublisherId::parse("acme");
  const auto all = must(signed_as(registry->market(), me, acme, 0, 10));
  REQUIRE(all.size() == 2);
  CHECK(all[0].record.version == "1.1.0");
  CHECK(all[0].record.key_id == mine.key_id);
  CHECK(all[0].record.action == "version.publish");
  CHECK(all[0].record.actor == "admin");
  CHECK_FALSE(all[0].by_caller);
  CHECK(all[1].record.connector_id == "tool");
  CHECK(all[1].by_caller);
  CHECK(must(signed_as(registry->market(), me, acme, all[1].record.seq, 10)).size() == 1);
  CHECK(must(signed_as(registry->market(), me, acme, 0, 1)).front().record.version == "1.1.0");
  const auto refused = signed_as(registry->market(), me, *PublisherId::parse("beta"), 0, 10);
  CHECK(refused.error().code == ErrorCode::forbidden);
}

}  // namespace
}  // namespace mkt
