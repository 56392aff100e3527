// Keys, revocation, owners and the log.
#include <sqlite3.h>

#include <thread>

#include "tests/unit/service/registry_fixture.h"

namespace mkt {
namespace {

struct KeyFixture : RegistryFixture {
  KeyRecord another_key(const std::string& publisher, const std::string& digits) const {
    KeyRecord k;
    k.key_id = publisher + ":" + digits;
    k.publisher_id = publisher;
    k.fingerprint = fmt::format("{:0>64}", digits);
    k.public_key = "key " + digits;
    k.created_at = utc_now();
    return k;
  }
  Revocation compromise(const KeyRecord& key, std::optional<UtcTime> since = std::nullopt) const {
    return {key.key_id, ReasonCode::compromised, "stolen", since, utc_now()};
  }
  bool quarantined(const std::string& id, const std::string& v) {
    const auto found = registry->version(id, v);
    REQUIRE(found);
    REQUIRE(*found);
    return (*found)->quarantined;
  }
  ErrorCode publish_code(const std::string& id, const std::string& v, const KeyRecord& key) {
    const auto published = registry->publish(version(id, v, key), kActor);
    REQUIRE_FALSE(published);
    return published.error().code;
  }
};

TEST_CASE_FIXTURE(KeyFixture, "a revoked key publishes nothing, whatever the reason") {
  for (const ReasonCode code : {ReasonCode::unspecified, ReasonCode::superseded,
                                ReasonCode::cessation, ReasonCode::compromised}) {
    CAPTURE(reason_code_name(code));
    const KeyRecord key = add_publisher(std::string("p") + std::string(reason_code_name(code)));
    const auto revoked = registry->revoke_key({key.key_id, code, "why", {}, utc_now()}, kActor);
    REQUIRE(revoked);
    CHECK(revoked->changed);
    CHECK(publish_code("tool", "1.0.0", key) == ErrorCode::key_revoked);
    reopen();
    CHECK(publish_code("tool", "1.0.0", key) == ErrorCode::key_revoked);
    const KeyRecord kept = must(registry->key(key.key_id));
    CHECK(kept.reason_code == reason_code_name(code));
    CHECK(kept.reason == "why");
    CHECK(kept.revoked_by == "admin");
    CHECK(kept.revoked_at);
  }
}

TEST_CASE_FIXTURE(KeyFixture, "only a compromise puts versions into quarantine") {
  const KeyRecord acme = add_publisher("acme");
  const KeyRecord other = add_publisher("others");
  REQUIRE(registry->publish(version("tool", "1.0.0", acme), kActor));
  REQUIRE(registry->publish(version("gadget", "1.0.0", other), kActor));
  REQUIRE(registry->revoke_key({acme.key_id, ReasonCode::superseded, "x", {}, utc_now()}, kActor));
  CHECK_FALSE(quarantined("tool", "1.0.0"));
  const auto graver = registry->revoke_key(compromise(acme), kActor);
  REQUIRE(graver);
  CHECK(graver->changed);
  REQUIRE(graver->hit.size() == 1);
  CHECK(graver->hit[0].connector_id == "tool");
  CHECK(quarantined("tool", "1.0.0"));
  CHECK_FALSE(quarantined("gadget", "1.0.0"));
}

TEST_CASE_FIXTURE(KeyFixture, "compromised since: what the log has before that moment stays good") {
  const KeyRecord key = add_publisher("acme");
  // Times of the log never fall, so what is published "before" must come after the publisher.
  const UtcTime added = utc_now();
  UtcTime since = utc_now();
  while (since == added) since = utc_now();
  NewVersion before = version("tool", "1.0.0", key);
  before.version.published_at = added;
  REQUIRE(registry->publish(before, kActor));
  REQUIRE(registry->publish(version("tool", "1.1.0", key), kActor));
  const auto preview = registry->preview_revocation(compromise(key, since));
  REQUIRE(preview);
  REQUIRE(preview->hit.size() == 1);
  CHECK(preview->hit[0].version == "1.1.0");
  CHECK(must(registry->key(key.key_id)).status == KeyStatus::active);
  REQUIRE(registry->revoke_key(compromise(key, since), kActor));
  CHECK_FALSE(quarantined("tool", "1.0.0"));
  CHECK(quarantined("tool", "1.1.0"));
  // An earlier time is graver, a later one or none of it is not.
  CHECK_FALSE(registry->revoke_key(compromise(key, utc_now()), kActor)->changed);
  CHECK(registry->revoke_key(compromise(key), kActor)->changed);
  CHECK(quarantined("tool", "1.0.0"));
  CHECK_FALSE(registry->revoke_key(compromise(key, since), kActor)->changed);
}

TEST_CASE_FIXTURE(KeyFixture, "a revocation names the first hundred of each, and counts all") {
  const KeyRecord key = add_publisher("acme");
  const std::size_t many = RevocationOutcome::kListed + 5;
  REQUIRE(registry->publish(version("tool", "1.0.0", key), kActor));
  NewVersion asks = version("vault", "1.0.0", key);
  asks.version.capabilities = {"auth"};
  REQUIRE(registry->publish(asks, kActor));
  for (std::size_t i = 0; i < many; ++i) {
    const std::string tenant = fmt::format("team-{}", i);
    for (const char* id : {"tool", "vault"}) {
      REQUIRE(registry->request_install(
          {fmt::format("req_{}_{}", id, i), tenant, id, "1.0.0", "{}", "bob", utc_now()}, kActor));
    }
    if (i > 1) {
      REQUIRE(registry->publish(version("tool", fmt::format("1.{}.0", i), key), kActor));
    }
  }
  const auto outcome = registry->revoke_key(compromise(key), kActor);
  REQUIRE(outcome);
  CHECK(outcome->hit.size() == RevocationOutcome::kListed);
  CHECK(outcome->hit_count == many);
  CHECK(outcome->requests.size() == RevocationOutcome::kListed);
  CHECK(outcome->request_count == many);
  CHECK(outcome->installations.size() == RevocationOutcome::kListed);
  CHECK(outcome->installation_count == many);
  // What is not named is hit all the same.
  CHECK(quarantined("tool", fmt::format("1.{}.0", many - 1)));
  CHECK(must(registry->install_request(fmt::format("req_vault_{}", many - 1))).status ==
        RequestStatus::denied);
}

TEST_CASE_FIXTURE(KeyFixture, "a countersignature lifts the quarantine and outlives a new one") {
  const KeyRecord first = add_publisher("acme");
  const KeyRecord second = another_key("acme", "2222222222222222");
  REQUIRE(registry->add_key(second, false, kActor));
  REQUIRE(registry->publish(version("tool", "1.0.0", first), kActor));
  REQUIRE(registry->revoke_key(compromise(first), kActor));
  VersionRecord again = version("tool", "1.0.0", second).version;
  REQUIRE(registry->countersign(again, utc_now(), kActor));
  CHECK_FALSE(quarantined("tool", "1.0.0"));
  CHECK(must(registry->version("tool", "1.0.0")).signing_key_id == second.key_id);
  CHECK(must(registry->version("tool", "1.0.0")).signature_seq >
        must(registry->version("tool", "1.0.0")).seq);
  again.checksum = "sha256:other";
  CHECK(registry->countersign(again, utc_now(), kActor).error().code ==
        ErrorCode::checksum_mismatch);
  REQUIRE(registry->revoke_key(compromise(second), kActor));
  CHECK(quarantined("tool", "1.0.0"));
}

TEST_CASE_FIXTURE(KeyFixture, "rotation adds, endorses and retires in one step") {
  const KeyRecord first = add_publisher("acme");
  KeyRecord second = another_key("acme", "2222222222222222");
  second.endorsed_by = first.key_id;
  second.endorsement = "signature";
  REQUIRE(registry->add_key(second, true, kActor));
  CHECK(publish_code("tool", "1.0.0", first) == ErrorCode::key_retired);
  REQUIRE(registry->publish(version("tool", "1.0.0", second), kActor));
  // A retired key vouches for nothing any more.
  KeyRecord third = another_key("acme", "3333333333333333");
  third.endorsed_by = first.key_id;
  CHECK(registry->add_key(third, true, kActor).error().code == ErrorCode::key_retired);
  CHECK_FALSE(*registry->key(third.key_id));
  // But it can still turn out to be compromised.
  CHECK(registry->revoke_key(compromise(first), kActor)->changed);
}

TEST_CASE_FIXTURE(KeyFixture, "a key is one publisher's, once, also after its revocation") {
  const KeyRecord acme = add_publisher("acme");
  add_publisher("others");
  KeyRecord same = acme;
  same.publisher_id = "others";
  same.key_id = "others:0000000000000001";
  CHECK(registry->add_key(same, false, kActor).error().code == ErrorCode::key_exists);
  REQUIRE(registry->revoke_key(compromise(acme), kActor));
  CHECK(registry->add_key(acme, false, kActor).error().code == ErrorCode::key_exists);
}

TEST_CASE_FIXTURE(KeyFixture,
                  "keys_since tells what changed, and the sequence says that something did") {
  const KeyRecord acme = add_publisher("acme");
  const KeyRecord other = add_publisher("others");
  const std::int64_t before = registry->key_sequence();
  CHECK(registry->keys_since(0)->keys.size() == 2);
  CHECK(registry->keys_since(before)->keys.empty());
  CHECK(registry->keys_since(before)->sequence == before);
  REQUIRE(registry->publish(version("tool", "1.0.0", acme), kActor));
  CHECK(registry->key_sequence() == before);
  REQUIRE(registry->revoke_key(compromise(acme), kActor));
  CHECK(registry->key_sequence() > before);
  const auto changed = registry->keys_since(before);
  REQUIRE(changed->keys.size() == 1);
  CHECK(changed->keys[0].key_id == acme.key_id);
  CHECK(changed->sequence == registry->key_sequence());
  reopen();
  CHECK(changed->sequence == registry->key_sequence());
}

TEST_CASE_FIXTURE(KeyFixture, "a publisher that is not active publishes nothing and gets no keys") {
  const KeyRecord key = add_publisher("acme");
  using enum PublisherStatus;
  for (const auto& [status, code] : {std::pair(suspended, ErrorCode::publisher_suspended),
                                     std::pair(banned, ErrorCode::publisher_banned)}) {
    REQUIRE(registry->set_publisher_status("acme", status, "why", kActor));
    CHECK(publish_code("tool", "1.0.0", key) == code);
    CHECK(registry->add_key(another_key("acme", "2222222222222222"), false, kActor).error().code ==
          code);
  }
  REQUIRE(registry->set_publisher_status("acme", active, "", kActor));
  CHECK(registry->publish(version("tool", "1.0.0", key), kActor));
  CHECK(registry->set_publisher_status("nobody", banned, "x", kActor).error().code ==
        ErrorCode::publisher_not_found);
}

TEST_CASE_FIXTURE(KeyFixture, "owners publish, and the last one stays") {
  const KeyRecord acme = add_publisher("acme");
  const KeyRecord partner = add_publisher("partner");
  REQUIRE(registry->publish(version("tool", "1.0.0", acme), kActor));
  CHECK(publish_code("tool", "1.1.0", partner) == ErrorCode::not_owner);
  REQUIRE(registry->add_owner("tool", "partner", kActor));
  REQUIRE(registry->add_owner("tool", "partner", kActor));
  CHECK(registry->owners_of("tool")->size() == 2);
  REQUIRE(registry->publish(version("tool", "1.1.0", partner), kActor));
  REQUIRE(registry->remove_owner("tool", "acme", kActor));
  CHECK(publish_code("tool", "1.2.0", acme) == ErrorCode::not_owner);
  CHECK(registry->remove_owner("tool", "partner", kActor).error().code == ErrorCode::last_owner);
  CHECK(registry->remove_owner("tool", "acme", kActor).error().code ==
        ErrorCode::publisher_not_found);
  CHECK(registry->add_owner("none", "acme", kActor).error().code == ErrorCode::connector_not_found);
}

TEST_CASE_FIXTURE(KeyFixture, "the log has every change, in order, with who and from where") {
  const KeyRecord acme = add_publisher("acme");
  REQUIRE(registry->publish(version("tool", "1.0.0", acme), kActor));
  REQUIRE(registry->revoke_key(compromise(acme), {"publisher:acme", "10.0.0.1", "r2"}));
  const auto all = registry->log({});
  REQUIRE(all);
  std::vector<std::string> actions;
  for (const LogEntry& e : *all) actions.push_back(e.action);
  CHECK(actions == std::vector<std::string>{"publisher.register", "key.add", "version.publish",
                                            "key.revoke", "version.quarantine"});
  CHECK(all->at(3).actor.who == "publisher:acme");
  CHECK(all->at(3).actor.address == "10.0.0.1");
  CHECK(all->at(3).actor.request_id == "r2");
  CHECK(all->at(3).subject == acme.key_id);
  const auto rest = registry->log({all->at(2).seq, std::nullopt, 1});
  REQUIRE(rest->size() == 1);
  CHECK(rest->at(0).action == "key.revoke");
  CHECK(registry->log({0, utc_now() + std::chrono::hours(1), 100})->empty());
}

TEST_CASE_FIXTURE(KeyFixture, "of two who revoke at once one changes something") {
  const KeyRecord key = add_publisher("acme");
  std::atomic<int> changed = 0;
  {
    std::vector<std::jthread> admins;
    for (int i = 0; i < 8; ++i) {
      admins.emplace_back([&] {
        const auto revoked = registry->revoke_key(compromise(key), kActor);
        if (revoked && revoked->changed) ++changed;
      });
    }
  }
  CHECK(changed == 1);
}

TEST_CASE_FIXTURE(KeyFixture, "latest leaves quarantine, and comes back when it is signed again") {
  const KeyRecord good = add_publisher("acme");
  const KeyRecord stolen = another_key("acme", "1111111111111111");
  REQUIRE(registry->add_key(stolen, false, kActor));
  const auto latest = [&] { return (*registry->find_version("tool", "latest")).version->version; };
  REQUIRE(registry->publish(version("tool", "1.0.0", good), kActor));
  REQUIRE(registry->publish(version("tool", "1.1.0-rc.1", good), kActor));
  REQUIRE(registry->publish(version("tool", "2.0.0", stolen), kActor));
  CHECK(latest() == "2.0.0");
  REQUIRE(registry->revoke_key(compromise(stolen), kActor));
  CHECK(quarantined("tool", "2.0.0"));
  CHECK(latest() == "1.0.0");
  REQUIRE(registry->publish(version("tool", "0.9.0", good), kActor));
  CHECK(latest() == "1.0.0");
  REQUIRE(registry->countersign(version("tool", "2.0.0", good).version, utc_now(), kActor));
  CHECK(latest() == "2.0.0");
}

TEST_CASE_FIXTURE(KeyFixture,
                  "where every version is in quarantine, latest names one all the same") {
  const KeyRecord stolen = add_publisher("acme");
  REQUIRE(registry->publish(version("tool", "1.0.0", stolen), kActor));
  REQUIRE(registry->publish(version("tool", "2.0.0", stolen), kActor));
  REQUIRE(registry->revoke_key(compromise(stolen), kActor));
  CHECK(must(registry->connector("tool")).latest_version == "2.0.0");
  // The next that can be installed is the latest, however low.
  const KeyRecord good = another_key("acme", "2222222222222222");
  REQUIRE(registry->add_key(good, false, kActor));
  REQUIRE(registry->publish(version("tool", "0.1.0", good), kActor));
  CHECK(must(registry->connector("tool")).latest_version == "0.1.0");
}

TEST_CASE_FIXTURE(KeyFixture, "an alias belongs to one key for ever") {
  add_publisher("acme");
  KeyRecord key = another_key("acme", "1111111111111111");
  key.alias = "acme-2025";
  REQUIRE(registry->add_key(key, false, kActor));
  const auto found = registry->key_of_alias("acme-2025");
  REQUIRE(found);
  REQUIRE(*found);
  CHECK((*found)->key_id == key.key_id);
  CHECK_FALSE(*registry->key_of_alias(""));
  REQUIRE(registry->revoke_key(compromise(key), kActor));
  KeyRecord next = another_key("acme", "2222222222222222");
  next.alias = "acme-2025";
  const auto again = registry->add_key(next, false, kActor);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == ErrorCode::key_exists);
  CHECK(again.error().message.find(key.key_id) != std::string::npos);
}

TEST_CASE_FIXTURE(KeyFixture, "a token that was revoked meanwhile changes nothing any more") {
  const KeyRecord key = add_publisher("acme");
  TokenRecord ci = token("0123456789ab", Role::publisher, "acme");
  REQUIRE(registry->add_token(ci, kActor));
  Actor actor = kActor;
  actor.token_id = ci.id;
  REQUIRE(registry->publish(version("tool", "1.0.0", key), actor));
  // It may end itself; what it had begun ends with it.
  REQUIRE(registry->remove_token(ci.id, actor));
  const auto late = registry->publish(version("tool", "1.0.1", key), actor);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == ErrorCode::unauthorized);
  const auto found = registry->find_version("tool", "1.0.1");
  REQUIRE(found);
  CHECK_FALSE(found->version);

  ci.id = "ba9876543210";
  ci.expires_at = utc_now() - std::chrono::seconds(1);
  REQUIRE(registry->add_token(ci, kActor));
  actor.token_id = ci.id;
  const auto expired = registry->publish(version("tool", "1.0.1", key), actor);
  REQUIRE_FALSE(expired);
  CHECK(expired.error().code == ErrorCode::unauthorized);
}

}  // namespace
}  // namespace mkt
