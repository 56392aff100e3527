// Who sees which connector.
#include "daemon/service/visibility.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "daemon/service/deprecate.h"
#include "daemon/service/installs.h"
#include "daemon/service/owners.h"
#include "daemon/service/quarantine.h"
#include "daemon/service/revoke.h"
#include "daemon/service/withdraw.h"
#include "tests/unit/must.h"
#include "tests/unit/service/registry_fixture.h"

namespace mkt {
namespace {

Caller caller_of(Role role, const std::string& subject) {
  Caller caller;
  caller.token_id = "t";
  caller.role = role;
  caller.subject = subject;
  return caller;
}

const Caller kAnybody;
const Caller kAnAdmin = caller_of(Role::admin, "");
const Caller kMember = caller_of(Role::member, "acme");
const Caller kStranger = caller_of(Role::tenant_admin, "beta");
const Caller kOwnerOfIt = caller_of(Role::publisher, "maker");
const Caller kRival = caller_of(Role::publisher, "rival");

struct HiddenConnector : RegistryFixture {
  HiddenConnector() : key(add_publisher("maker")) {
    add_publisher("rival");
    REQUIRE(registry->add_token(token("t", Role::admin, ""), kActor));
    PolicyRecord policy;
    policy.tenant_id = "acme";
    policy.document = R"({"requireApprovalForAll":true})";
    policy.set_at = utc_now();
    REQUIRE(registry->set_policy(policy, std::nullopt, kActor));
    REQUIRE(registry->publish(version("open", "1.0.0", key), kActor));
    NewVersion first = version("secret", "1.0.0", key);
    first.says_visible_to = true;
    first.version.visible_to = {"acme"};
    REQUIRE(registry->publish(first, kActor));
    REQUIRE(registry->publish(version("secret", "1.1.0", key), kActor));
  }

  Marketplace& market() { return registry->market(); }

  std::vector<std::string> found_by(const Caller& caller, const std::string& text = "") {
    SearchQuery query;
    query.text = text;
    query.sort_by = SortBy::name;
    const auto page = search_connectors(market(), caller, query);
    REQUIRE(page);
    CHECK(page->total == page->connectors.size());
    std::vector<std::string> ids;
    for (const ConnectorRecord& c : page->connectors) ids.push_back(c.id);
    std::sort(ids.begin(), ids.end());
    return ids;
  }

  const ConnectorId secret = *ConnectorId::parse("secret");
  KeyRecord key;
};

using Ids = std::vector<std::string>;

TEST_CASE_FIXTURE(HiddenConnector,
                  "a hidden connector is found by its tenants, owners and admins") {
  for (const Caller& caller : {kAnAdmin, kMember, kOwnerOfIt}) {
    CHECK(found_by(caller) == Ids{"open", "secret"});
    CHECK(found_by(caller, "secret") == Ids{"secret"});
    CHECK(show_connector(market(), caller, secret));
    CHECK(show_version(market(), caller, secret, "latest"));
    CHECK(show_version(market(), caller, secret, "1.1.0"));
    CHECK(list_owners(market(), caller, secret));
    CHECK(list_dependants(market(), caller, secret, 1));
  }
}

TEST_CASE_FIXTURE(HiddenConnector, "for anybody else it does not exist") {
  for (const Caller& caller : {kAnybody, kStranger, kRival}) {
    CHECK(found_by(caller) == Ids{"open"});
    CHECK(found_by(caller, "secret").empty());
    const auto not_there = [](const auto& result) {
      REQUIRE_FALSE(result);
      CHECK(result.error().code == ErrorCode::connector_not_found);
    };
    not_there(show_connector(market(), caller, secret));
    not_there(show_version(market(), caller, secret, "latest"));
    not_there(show_version(market(), caller, secret, "1.1.0"));
    not_there(show_version(market(), caller, secret, "9.9.9"));
    not_there(open_tarball(market(), caller, secret, "1.1.0"));
    not_there(list_owners(market(), caller, secret));
    not_there(list_dependants(market(), caller, secret, 1));
    not_there(require_owner(market(), caller, secret));
    not_there(set_visibility(market(), caller, secret, {}));
  }
}

TEST_CASE_FIXTURE(HiddenConnector, "the words that say so are those for what never was") {
  const auto hidden = show_connector(market(), kAnybody, secret);
  const auto never = show_connector(market(), kAnybody, *ConnectorId::parse("never"));
  std::string message = never.error().message;
  for (std::size_t at = 0; (at = message.find("never")) != std::string::npos;) {
    message.replace(at, 5, "secret");
  }
  CHECK(hidden.error().message == message);
}

TEST_CASE_FIXTURE(HiddenConnector, "counts are of what everyone may see, and of all for an admin") {
  REQUIRE(registry->add_downloads("secret", "1.0.0", 7));
  REQUIRE(registry->add_downloads("open", "1.0.0", 2));
  for (const Caller& caller : {kAnybody, kMember, kStranger}) {
    const auto summary = summarize_catalog(market(), caller, 10);
    CHECK(summary->counts.connectors == 1);
    CHECK(summary->counts.versions == 1);
    CHECK(summary->counts.downloads == 2);
    REQUIRE(summary->most_downloaded.size() == 1);
    CHECK(summary->most_downloaded[0].id == "open");
  }
  const auto all = summarize_catalog(market(), kAnAdmin, 10);
  CHECK(all->counts.connectors == 2);
  CHECK(all->counts.versions == 3);
  CHECK(all->counts.downloads == 9);
  CHECK(all->most_downloaded.size() == 2);
}

TEST_CASE_FIXTURE(HiddenConnector, "a tenant that does not see it cannot ask for it") {
  const auto ask = [&](const std::string& tenant, const std::string& which) {
    const WantedInstall wanted{*TenantId::parse(tenant), secret, which, "{}"};
    return request_install(market(), kAnAdmin, wanted);
  };
  CHECK(ask("beta", "latest").error().code == ErrorCode::connector_not_found);
  CHECK(ask("beta", "1.1.0").error().code == ErrorCode::version_not_found);
  CHECK(ask("acme", "latest"));
}

TEST_CASE_FIXTURE(HiddenConnector, "a request cannot be approved once its tenant sees it no more") {
  const auto asked =
      registry->request_install({"r1", "acme", "secret", "1.1.0", "{}", "dev", utc_now()}, kActor);
  REQUIRE(asked);
  InstallRequestRecord r = asked->request;
  CHECK(registry->may_approve(r));
  REQUIRE(set_visibility(market(), kOwnerOfIt, secret, {"beta"}));
  CHECK(registry->may_approve(r).error().code == ErrorCode::version_not_found);
}

TEST_CASE_FIXTURE(HiddenConnector, "its owner shows it to everyone, and hides it again") {
  REQUIRE(set_visibility(market(), kOwnerOfIt, secret, {}));
  CHECK(found_by(kAnybody) == Ids{"open", "secret"});
  CHECK(show_version(market(), kAnybody, secret, "1.0.0"));
  const Freshness before = registry->freshness_of("secret");
  REQUIRE(set_visibility(market(), kOwnerOfIt, secret, {"beta"}));
  CHECK_FALSE(before.holds());  // no answer from before is sent again
  CHECK(found_by(kAnybody) == Ids{"open"});
  CHECK(found_by(kStranger) == Ids{"open", "secret"});
  CHECK_FALSE(show_version(market(), kMember, secret, "1.0.0"));
  reopen();
  CHECK(found_by(kStranger) == Ids{"open", "secret"});
  CHECK(found_by(kMember) == Ids{"open"});
}

TEST_CASE_FIXTURE(HiddenConnector, "the log has each change of it once") {
  REQUIRE(set_visibility(market(), kAnAdmin, secret, {"beta"}));
  REQUIRE(set_visibility(market(), kAnAdmin, secret, {"beta"}));
  LogQuery query;
  query.limit = 100;
  const auto log = registry->log(query);
  REQUIRE(log);
  std::vector<std::string> documents;
  for (const LogEntry& e : *log) {
    if (e.action == "connector.visibility") documents.push_back(e.document);
  }
  REQUIRE(documents.size() == 1);
  CHECK(documents[0] ==
        R"({"connector":"secret","visibility":"tenants:beta","before":"tenants:acme"})");
}

TEST_CASE_FIXTURE(HiddenConnector, "an owner who comes or goes changes who sees it") {
  REQUIRE(registry->add_owner("secret", "rival", kActor));
  CHECK(found_by(kRival) == Ids{"open", "secret"});
  REQUIRE(registry->remove_owner("secret", "rival", kActor));
  CHECK(found_by(kRival) == Ids{"open"});
  CHECK_FALSE(show_connector(market(), kRival, secret));
}

// Each as a change that began while its caller was an owner.
TEST_CASE_FIXTURE(HiddenConnector, "an owner who was removed meanwhile changes nothing any more") {
  const Actor by = kRival.actor();
  const UtcTime now = utc_now();
  const auto code = [](const auto& outcome) { return outcome.error().code; };
  CHECK(code(keep_owner(market(), by, &kRival, "open", "rival")) == ErrorCode::not_owner);
  CHECK(code(drop_owner(market(), by, &kRival, "open", "maker")) == ErrorCode::not_owner);
  CHECK(code(keep_visibility(market(), by, &kRival, "open", {"beta"})) == ErrorCode::not_owner);
  CHECK(code(keep_deprecation(market(), by, &kRival, "open", "1.0.0", "x", now)) ==
        ErrorCode::not_owner);
  CHECK(code(keep_withdrawal(market(), by, &kRival, "open", "1.0.0", "mistake", "x", now)) ==
        ErrorCode::not_owner);
  CHECK(code(keep_owner(market(), by, &kRival, "secret", "rival")) ==
        ErrorCode::connector_not_found);
  CHECK(code(keep_visibility(market(), by, &kRival, "secret", {})) ==
        ErrorCode::connector_not_found);
  CHECK(registry->owners_of("open")->size() == 1);
  CHECK_FALSE((*registry->version("open", "1.0.0"))->deprecated);

  REQUIRE(registry->add_owner("open", "rival", kActor));
  CHECK(keep_deprecation(market(), by, &kRival, "open", "1.0.0", "x", now));
}

TEST_CASE_FIXTURE(HiddenConnector, "an owner who leaves is told who is left") {
  REQUIRE(registry->add_owner("secret", "rival", kActor));
  const auto left = remove_owner(market(), kOwnerOfIt, secret, *PublisherId::parse("maker"));
  REQUIRE(left);
  REQUIRE(left->size() == 1);
  CHECK(left->front().publisher_id == "rival");
  CHECK_FALSE(list_owners(market(), kOwnerOfIt, secret));
}

TEST_CASE_FIXTURE(HiddenConnector, "a former owner's revoked key names no hidden version") {
  KeyRecord rivals = key;
  rivals.key_id = "rival:0123456789abcdef";
  rivals.publisher_id = "rival";
  REQUIRE(registry->add_owner("secret", "rival", kActor));
  REQUIRE(registry->publish(version("secret", "2.0.0", rivals), kActor));
  const auto look = [&] {
    return must(revoke_key(market(), kRival,
                           {.publisher = *PublisherId::parse("rival"),
                            .key_id = *KeyName::parse(rivals.key_id),
                            .code = ReasonCode::compromised,
                            .reason = "stolen",
                            .compromised_since = {},
                            .dry_run = true}));
  };
  CHECK(look().hit.size() == 1);
  REQUIRE(registry->remove_owner("secret", "rival", kActor));
  CHECK(look().hit.empty());
  CHECK(look().hit_count == 1);
}

TEST_CASE_FIXTURE(HiddenConnector, "a request's tenant is told nothing of what it sees no more") {
  const auto asked =
      registry->request_install({"r1", "acme", "secret", "1.1.0", "{}", "dev", utc_now()}, kActor);
  REQUIRE(asked);
  REQUIRE(set_visibility(market(), kOwnerOfIt, secret, {"beta"}));
  REQUIRE(quarantine_version(market(), kAnAdmin, secret, *Version::parse("1.1.0"), "of beta"));
  const auto request =
      must(show_request(market(), kMember, *TenantId::parse("acme"), asked->request.id));
  CHECK(request.status == RequestStatus::denied);
  CHECK(request.reason == "there is no secret@1.1.0");
}

TEST_CASE_FIXTURE(HiddenConnector, "nor when a key that signed it is revoked") {
  const auto asked =
      registry->request_install({"r1", "acme", "secret", "1.1.0", "{}", "dev", utc_now()}, kActor);
  REQUIRE(asked);
  REQUIRE(set_visibility(market(), kOwnerOfIt, secret, {"beta"}));
  REQUIRE(
      registry->revoke_key({key.key_id, ReasonCode::compromised, "stolen", {}, utc_now()}, kActor));
  const auto request =
      must(show_request(market(), kMember, *TenantId::parse("acme"), asked->request.id));
  CHECK(request.status == RequestStatus::denied);
  CHECK(request.reason == "there is no secret@1.1.0");
}

TEST_CASE_FIXTURE(HiddenConnector, "only a new connector's visibility is said with its version") {
  NewVersion next = version("secret", "2.0.0", key);
  next.says_visible_to = true;
  next.version.visible_to = {"beta"};
  CHECK(registry->publish(next, kActor).error().code == ErrorCode::visibility_differs);
  next.version.visible_to = {"acme"};
  CHECK(registry->publish(next, kActor));
  CHECK((*registry->version("secret", "2.0.0"))->visible_to == Ids{"acme"});
}

TEST_CASE_FIXTURE(HiddenConnector, "who publishes under its id does not learn whose it is") {
  KeyRecord rivals = key;
  rivals.key_id = "rival:0123456789abcdef";
  rivals.publisher_id = "rival";
  const auto refused = registry->publish(version("secret", "3.0.0", rivals), kActor);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::not_owner);
  CHECK(refused.error().message.find("maker") == std::string::npos);
}

TEST_CASE_FIXTURE(HiddenConnector, "what needs a connector is listed for who sees it") {
  NewVersion needs = version("secret", "2.0.0", key);
  needs.dependencies = {{"open", "^1.0.0"}};
  REQUIRE(registry->publish(needs, kActor));
  NewVersion older = version("user", "1.0.0", key);
  older.dependencies = {{"open", "*"}};
  REQUIRE(registry->publish(older, kActor));
  NewVersion newer = version("user", "1.1.0", key);
  newer.dependencies = {{"open", ">=1.0.0"}, {"secret", "*"}};
  REQUIRE(registry->publish(newer, kActor));
  const ConnectorId wanted = *ConnectorId::parse("open");
  const auto for_member = list_dependants(market(), kMember, wanted, 1);
  REQUIRE(for_member);
  REQUIRE(for_member->size() == 2);
  CHECK((*for_member)[0].connector_id == "secret");
  CHECK((*for_member)[1].version == "1.1.0");
  CHECK((*for_member)[1].range == ">=1.0.0");
  CHECK(list_dependants(market(), kAnybody, wanted, 5)->size() == 2);  // both of `user`
}

}  // namespace
}  // namespace mkt
