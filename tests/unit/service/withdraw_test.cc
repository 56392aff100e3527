// What takes a version out of reach: quarantine by an admin, and withdrawal.
#include "daemon/service/withdraw.h"

#include <doctest/doctest.h>

#include "tests/unit/service/registry_fixture.h"

namespace mkt {
namespace {

using namespace std::chrono_literals;

Caller signed_in(Role role, const std::string& subject) {
  Caller caller;
  caller.token_id = "t";
  caller.role = role;
  caller.subject = subject;
  return caller;
}

const Caller kSomeAdmin = signed_in(Role::admin, "");
const Caller kMaker = signed_in(Role::publisher, "maker");

struct PublishedTwice : RegistryFixture {
  PublishedTwice() : key(add_publisher("maker")) {
    market().now = [this] { return now; };
    REQUIRE(registry->add_token(token("t", Role::admin, ""), kActor));
    publish("1.0.0");
    publish("1.1.0");
  }

  Marketplace& market() { return registry->market(); }
  void publish(const std::string& number) {
    NewVersion v = version("tool", number, key);
    v.version.published_at = now;
    v.version.checksum = Checksum::of(as_bytes(number)).text();
    REQUIRE(registry->publish(v, kActor));
  }
  VersionRecord now_is(const std::string& number) {
    return show_version(market(), Caller(), tool, number).value();
  }
  std::string latest() { return (*registry->connector("tool"))->latest_version; }
  Result<TakenOut> quarantine(const std::string& number, const std::string& reason) {
    return quarantine_version(market(), kSomeAdmin, tool, *Version::parse(number), reason);
  }
  Result<VersionRecord> release(const std::string& number) {
    return release_version(market(), kSomeAdmin, tool, *Version::parse(number), "it is harmless");
  }
  Result<TakenOut> withdraw(const Caller& caller, const std::string& number, bool dry_run = false) {
    return withdraw_version(market(), caller,
                            {tool, *Version::parse(number), "security", "leaks keys", dry_run});
  }
  std::size_t entries(const std::string& action) {
    LogQuery query;
    query.limit = 1000;
    std::size_t count = 0;
    const auto log = registry->log(query);
    for (const LogEntry& e : *log) count += e.action == action ? 1U : 0U;
    return count;
  }

  const ConnectorId tool = *ConnectorId::parse("tool");
  UtcTime now = utc_now();
  KeyRecord key;
};

TEST_CASE_FIXTURE(PublishedTwice, "an admin's quarantine keeps a version from being had") {
  const auto out = quarantine("1.1.0", "calls home");
  REQUIRE(out);
  CHECK(out->version.quarantined);
  CHECK(out->version.quarantine_reason == "calls home");
  CHECK(latest() == "1.0.0");
  const auto refused = open_tarball(market(), Caller(), tool, "1.1.0");
  CHECK(refused.error().code == ErrorCode::version_quarantined);
  CHECK(refused.error().message.find("calls home") != std::string::npos);
  const auto asked =
      registry->request_install({"r1", "acme", "tool", "1.1.0", "{}", "dev", now}, kActor);
  CHECK(asked.error().code == ErrorCode::version_quarantined);
}

TEST_CASE_FIXTURE(PublishedTwice, "what is found says whether any version of it is given out") {
  const auto is_marked = [&] {
    const auto page = search_connectors(market(), Caller(), {});
    REQUIRE(page);
    REQUIRE(page->connectors.size() == 1);
    return page->connectors[0].quarantined;
  };
  CHECK_FALSE(is_marked());
  REQUIRE(quarantine("1.1.0", "calls home"));
  CHECK_FALSE(is_marked());
  REQUIRE(withdraw(kMaker, "1.0.0"));
  CHECK(is_marked());
  REQUIRE(release("1.1.0"));
  CHECK_FALSE(is_marked());
}

TEST_CASE_FIXTURE(PublishedTwice, "a quarantine is lifted, and both words stay in the log") {
  REQUIRE(quarantine("1.1.0", "calls home"));
  REQUIRE(quarantine("1.1.0", "calls home"));
  REQUIRE(release("1.1.0"));
  REQUIRE(release("1.1.0"));
  CHECK_FALSE(now_is("1.1.0").quarantined);
  CHECK(latest() == "1.1.0");
  CHECK(entries("version.quarantine") == 1);
  CHECK(entries("version.release") == 1);
}

TEST_CASE_FIXTURE(PublishedTwice, "lifting an admin's quarantine leaves that of a stolen key") {
  REQUIRE(quarantine("1.1.0", "calls home"));
  REQUIRE(registry->revoke_key({key.key_id, ReasonCode::compromised, "stolen", {}, now}, kActor));
  const auto lifted = release("1.1.0");
  REQUIRE(lifted);
  CHECK(lifted->quarantined);
  CHECK(lifted->quarantine_reason.empty());
  CHECK(release("1.1.0").error().code == ErrorCode::version_quarantined);
}

TEST_CASE_FIXTURE(PublishedTwice, "another signature does not lift an admin's quarantine") {
  REQUIRE(quarantine("1.1.0", "calls home"));
  REQUIRE(registry->countersign(now_is("1.1.0"), now, kActor));
  CHECK(now_is("1.1.0").quarantined);
  REQUIRE(release("1.1.0"));
  CHECK_FALSE(now_is("1.1.0").quarantined);
}

TEST_CASE_FIXTURE(PublishedTwice, "only admins quarantine and release, and only with a reason") {
  const Version number = *Version::parse("1.1.0");
  CHECK(quarantine_version(market(), kMaker, tool, number, "x").error().code ==
        ErrorCode::forbidden);
  CHECK(quarantine_version(market(), Caller(), tool, number, "x").error().code ==
        ErrorCode::unauthorized);
  CHECK(release_version(market(), kMaker, tool, number, "x").error().code == ErrorCode::forbidden);
  CHECK(quarantine("1.1.0", "").error().code == ErrorCode::invalid_request);
  CHECK(quarantine("9.0.0", "x").error().code == ErrorCode::version_not_found);
}

TEST_CASE_FIXTURE(PublishedTwice, "requests that wait for a version are denied with the reason") {
  PolicyRecord policy;
  policy.tenant_id = "acme";
  policy.document = R"({"requireApprovalForAll":true})";
  policy.set_at = now;
  REQUIRE(registry->set_policy(policy, std::nullopt, kActor));
  REQUIRE(registry->request_install({"r1", "acme", "tool", "1.1.0", "{}", "dev", now}, kActor));
  const auto out = quarantine("1.1.0", "calls home");
  REQUIRE(out);
  CHECK(out->impact.request_count == 1);
  const auto request = registry->install_request("r1");
  CHECK((*request)->status == RequestStatus::denied);
  CHECK((*request)->reason == "tool@1.1.0 is in quarantine: calls home");
}

TEST_CASE_FIXTURE(PublishedTwice, "an owner withdraws a version within 72 hours, and no later") {
  now += 72h;
  CHECK(withdraw(kMaker, "1.1.0"));
  now += 1ms;
  CHECK(withdraw(kMaker, "1.0.0").error().code == ErrorCode::forbidden);
  CHECK_FALSE(now_is("1.0.0").withdrawn_at);
  CHECK(withdraw(kSomeAdmin, "1.0.0"));
}

TEST_CASE_FIXTURE(PublishedTwice,
                  "of a withdrawn version a tombstone stays, and its number is taken") {
  REQUIRE(withdraw(kMaker, "1.1.0"));
  const VersionRecord tombstone = now_is("1.1.0");
  CHECK(tombstone.withdrawn_at == now);
  CHECK(tombstone.withdrawal_code == "security");
  CHECK(tombstone.withdrawal_reason == "leaks keys");
  CHECK(tombstone.quarantined);
  CHECK(latest() == "1.0.0");
  CHECK(open_tarball(market(), Caller(), tool, "1.1.0").error().code ==
        ErrorCode::version_withdrawn);
  CHECK_FALSE(*registry->blob_is_referenced(tombstone.checksum));
  NewVersion again = version("tool", "1.1.0", key);
  again.version.checksum = tombstone.checksum;
  CHECK(registry->publish(again, kActor).error().code == ErrorCode::version_withdrawn);
  again.version.checksum = "sha256:other";
  CHECK(registry->publish(again, kActor).error().code == ErrorCode::version_withdrawn);
}

TEST_CASE_FIXTURE(PublishedTwice, "nothing brings a withdrawn version back") {
  REQUIRE(withdraw(kMaker, "1.1.0"));
  CHECK(release("1.1.0").error().code == ErrorCode::version_withdrawn);
  CHECK(quarantine("1.1.0", "x").error().code == ErrorCode::version_withdrawn);
  CHECK(registry->countersign(now_is("1.1.0"), now, kActor).error().code ==
        ErrorCode::version_withdrawn);
  for (const std::optional<std::string>& reason : {std::optional<std::string>("old"), {}}) {
    CHECK(registry->set_deprecated("tool", "1.1.0", reason, now, kActor).error().code ==
          ErrorCode::version_withdrawn);
  }
  CHECK(entries("version.deprecate") + entries("version.undeprecate") == 0);
  CHECK(now_is("1.1.0").quarantined);
  const UtcTime first = now;
  now += 1h;
  REQUIRE(withdraw(kSomeAdmin, "1.1.0"));
  CHECK(now_is("1.1.0").withdrawn_at == first);
  CHECK(entries("version.withdraw") == 1);
}

TEST_CASE_FIXTURE(PublishedTwice, "a dry run names what needs it, and changes nothing") {
  NewVersion needs = version("user", "1.0.0", key);
  needs.dependencies = {{"tool", "^1.0.0"}};
  REQUIRE(registry->publish(needs, kActor));
  REQUIRE(registry->request_install({"r1", "acme", "tool", "1.1.0", "{}", "dev", now}, kActor));
  const auto preview = withdraw(kMaker, "1.1.0", true);
  REQUIRE(preview);
  REQUIRE(preview->impact.dependants.size() == 1);
  CHECK(preview->impact.dependants[0].connector_id == "user");
  CHECK(preview->impact.installation_count == 1);
  CHECK(preview->impact.installations.empty());  // who it is is not a publisher's business
  CHECK(withdraw(kSomeAdmin, "1.1.0", true)->impact.installations.size() == 1);
  CHECK_FALSE(now_is("1.1.0").withdrawn_at);
}

TEST_CASE_FIXTURE(PublishedTwice,
                  "of each connector the newest version is named that takes this one") {
  publish("2.0.0-rc.1");
  const auto needs = [&](const std::string& number, const std::string& range) {
    NewVersion v = version("user", number, key);
    v.dependencies = {{"tool", range}};
    REQUIRE(registry->publish(v, kActor));
  };
  needs("1.0.0", "^1.0.0");
  needs("1.1.0", "^1.0.0");
  needs("2.0.0", ">=2.0.0-rc.1 <3.0.0");
  needs("3.0.0", "^3.0.0");
  const auto named = [&](const std::string& number) {
    const auto out = withdraw(kSomeAdmin, number, true);
    REQUIRE(out);
    std::string all;
    for (const DependantRecord& d : out->impact.dependants) {
      all += d.connector_id + "@" + d.version + " ";
    }
    return all;
  };
  CHECK(named("1.1.0") == "user@1.1.0 ");
  CHECK(named("2.0.0-rc.1") == "user@2.0.0 ");
  publish("4.0.0");
  CHECK(named("4.0.0") == "");
}

TEST_CASE_FIXTURE(PublishedTwice, "somebody else's version cannot be withdrawn") {
  add_publisher("rival");
  const Caller rival = signed_in(Role::publisher, "rival");
  CHECK(withdraw(rival, "1.1.0").error().code == ErrorCode::not_owner);
  CHECK(withdraw(Caller(), "1.1.0").error().code == ErrorCode::unauthorized);
}

TEST_CASE_FIXTURE(PublishedTwice, "a withdrawn version's bytes are removed") {
  auto upload = registry->blobs().begin_upload();
  REQUIRE(upload->write(as_bytes(std::string("bytes"))));
  REQUIRE(upload->finish());
  REQUIRE(upload->place());
  NewVersion v = version("tool", "2.0.0", key);
  v.version.checksum = upload->checksum().text();
  v.version.size = upload->size();
  v.version.published_at = now;
  REQUIRE(registry->publish(v, kActor));
  upload->keep();
  REQUIRE(open_tarball(market(), Caller(), tool, "2.0.0"));
  now = utc_now() + 1s;
  REQUIRE(withdraw(kMaker, "2.0.0"));
  CHECK_FALSE(registry->blobs().open_blob(upload->checksum(), upload->size()));
}

}  // namespace
}  // namespace mkt
