// Install requests, approvals and installations.
#include <atomic>
#include <set>
#include <thread>

#include "daemon/store/sqlite/database_file.h"
#include "tests/unit/service/registry_fixture.h"

namespace mkt {
namespace {

using Kind = InstallOutcome::Kind;

struct InstallFixture : RegistryFixture {
  InstallFixture() : key(add_publisher("acme")) {
    publish("vault", "1.0.0", {"auth"});
    publish("tool", "1.0.0", {"custom"});
  }
  void publish(const std::string& id, const std::string& v,
               const std::vector<std::string>& capabilities) {
    NewVersion n = version(id, v, key);
    n.version.capabilities = capabilities;
    n.version.policy_classes = {"READ"};
    REQUIRE(registry->publish(n, kActor));
  }
  void set_policy(const Policy& policy) {
    REQUIRE(registry->set_policy({"team", 0, dump_json(policy.to_json()), now, ""}, {}, kActor));
  }
  Result<InstallOutcome> ask(const std::string& id, const std::string& v = "1.0.0",
                             const std::string& who = "bob") {
    return registry->request_install(
        {fmt::format("req_{}", ++asked), "team", id, v, "{}", who, now}, kActor);
  }
  Result<InstallOutcome> configure(const std::string& id, std::optional<std::string> config,
                                   const std::string& v = "1.0.0") {
    return registry->request_install(
        {fmt::format("req_{}", ++asked), "team", id, v, std::move(config), "bob", now}, kActor);
  }
  std::string pending(const std::string& id, const std::string& v = "1.0.0") {
    const auto outcome = ask(id, v);
    REQUIRE(outcome);
    REQUIRE(outcome->kind == Kind::pending);
    return outcome->request.id;
  }
  Result<InstallRequestRecord> approve(const std::string& id, const std::string& who) {
    return registry->approve_request({"team", id, who, "", "", now}, kActor);
  }
  std::optional<InstallationRecord> installed(const std::string& id) {
    const auto found = registry->installation("team", id);
    REQUIRE(found);
    return *found;
  }
  InstallationRecord installation(const std::string& id) {
    return must(registry->installation("team", id));
  }

  UtcTime now = utc_now();
  std::atomic<int> asked = 0;
  KeyRecord key;
};

TEST_CASE_FIXTURE(InstallFixture, "what needs no approval is installed at once, and once") {
  const auto first = ask("tool");
  REQUIRE(first);
  CHECK(first->kind == Kind::installed);
  CHECK(first->request.status == RequestStatus::approved);
  CHECK(first->request.decided_by == "policy");
  const auto second = ask("tool");
  REQUIRE(second);
  CHECK(second->kind == Kind::already_installed);
  CHECK(second->request.id == first->request.id);
  CHECK(registry->installation_history("team", "tool", 10)->size() == 1);
}

TEST_CASE_FIXTURE(InstallFixture, "everybody who asks while one is pending gets that one") {
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::set<std::string> ids;
  std::atomic<int> made = 0;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 5; ++j) {
        const auto outcome = registry->request_install(
            {fmt::format("req_{}_{}", i, j), "team", "vault", "1.0.0", "{}", "bob", now}, kActor);
        if (!outcome) continue;
        const std::lock_guard lock(mutex);
        ids.insert(outcome->request.id);
        made += outcome->is_new;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(ids.size() == 1);
  CHECK(made == 1);
}

TEST_CASE_FIXTURE(InstallFixture, "the approval that completes the number installs") {
  Policy policy;
  policy.min_approvals = 2;
  set_policy(policy);
  const std::string id = pending("vault");
  const auto first = approve(id, "alice");
  REQUIRE(first);
  CHECK(first->status == RequestStatus::pending);
  CHECK_FALSE(installed("vault"));
  // The same person again counts once.
  CHECK(approve(id, "alice")->approvals.size() == 1);
  const auto second = approve(id, "carol");
  REQUIRE(second);
  CHECK(second->status == RequestStatus::approved);
  REQUIRE(installed("vault"));
  CHECK(installation("vault").request_id == id);
  CHECK(approve(id, "dave").error().code == ErrorCode::request_decided);
  CHECK(approve(id, "alice"));  // said yes before: nothing changes
  CHECK(ask("vault")->kind == Kind::already_installed);
}

TEST_CASE_FIXTURE(InstallFixture, "approvals are counted by the stricter policy of then and now") {
  Policy policy;
  policy.min_approvals = 2;
  policy.allow_self_approval = true;
  SUBCASE("more are needed now") {
    const std::string id = pending("vault");
    set_policy(policy);
    CHECK(approve(id, "alice")->status == RequestStatus::pending);
    CHECK(approve(id, "bob").error().code == ErrorCode::self_approval);
    CHECK(approve(id, "carol")->status == RequestStatus::approved);
  }
  SUBCASE("more were needed then") {
    set_policy(policy);
    const std::string id = pending("vault");
    set_policy(Policy());
    CHECK(approve(id, "alice")->status == RequestStatus::pending);
    CHECK(approve(id, "carol")->status == RequestStatus::approved);
  }
  SUBCASE("whoever asked counts no more") {
    set_policy(policy);
    const std::string id = pending("vault");
    CHECK(approve(id, "bob")->status == RequestStatus::pending);
    policy.allow_self_approval = false;
    set_policy(policy);
    CHECK(approve(id, "alice")->status == RequestStatus::pending);
    CHECK(approve(id, "carol")->status == RequestStatus::approved);
  }
}

TEST_CASE_FIXTURE(InstallFixture, "what a revoked token said yes to waits for another yes") {
  Policy policy;
  policy.min_approvals = 2;
  set_policy(policy);
  const TokenRecord token{"t1", "h", "alice", Role::approver, "team", now, {}, {}};
  REQUIRE(registry->add_token(token, kActor));
  const NewApproval approval{"team", pending("vault"), "alice", "", "", now, token.id};
  REQUIRE(registry->approve_request(approval, kActor));
  REQUIRE(registry->remove_token(token.id, kActor));
  CHECK(must(registry->install_request(approval.request_id)).approvals.empty());
  CHECK(registry->approve_request(approval, kActor).error().code == ErrorCode::unauthorized);
  CHECK(approve(approval.request_id, "carol")->status == RequestStatus::pending);
  CHECK(approve(approval.request_id, "dave")->status == RequestStatus::approved);
}

TEST_CASE_FIXTURE(InstallFixture, "a yes that is signed takes the place of one that is not") {
  Policy policy;
  policy.min_approvals = 2;
  set_policy(policy);
  const std::string id = pending("vault");
  REQUIRE(approve(id, "alice"));
  const NewApproval with_key{"team", id, "alice", key.key_id, "signature", now};
  const auto signed_now = registry->approve_request(with_key, kActor);
  REQUIRE(signed_now);
  REQUIRE(signed_now->approvals.size() == 1);
  CHECK(signed_now->approvals[0].key_id == key.key_id);
  // One without a signature takes nothing back.
  REQUIRE(approve(id, "alice"));
  CHECK(must(registry->install_request(id)).approvals[0].signature == "signature");
}

TEST_CASE_FIXTURE(InstallFixture, "a key that was revoked since it signed approves nothing") {
  const std::string id = pending("vault");
  REQUIRE(registry->revoke_key({key.key_id, ReasonCode::superseded, "new", {}, now}, kActor));
  const NewApproval approval{"team", id, "alice", key.key_id, "signature", now};
  CHECK(registry->approve_request(approval, kActor).error().code == ErrorCode::key_revoked);
  CHECK(must(registry->install_request(id)).approvals.empty());
}

TEST_CASE_FIXTURE(InstallFixture, "many last approvals at the same moment install once") {
  const std::string id = pending("vault");
  std::vector<std::thread> threads;
  std::atomic<int> approved = 0;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] { approved += bool(approve(id, fmt::format("approver-{}", i))); });
  }
  for (std::thread& t : threads) t.join();
  CHECK(approved == 1);
  CHECK(registry->installation_history("team", "vault", 10)->size() == 1);
}

TEST_CASE_FIXTURE(InstallFixture, "nobody approves their own request unless allowed to") {
  const std::string id = pending("vault");
  CHECK(approve(id, "bob").error().code == ErrorCode::self_approval);
  REQUIRE(registry->cancel_request("team", id, RequestStatus::pending, "bob", now, kActor));
  Policy policy;
  policy.allow_self_approval = true;
  set_policy(policy);
  CHECK(approve(pending("vault"), "bob")->status == RequestStatus::approved);
}

TEST_CASE_FIXTURE(InstallFixture, "a name written another way is the same person's") {
  Policy policy;
  policy.min_approvals = 2;
  set_policy(policy);
  const std::string id = pending("vault");
  CHECK(approve(id, " Bob").error().code == ErrorCode::self_approval);
  REQUIRE(approve(id, "Alice"));
  CHECK(approve(id, "alice ")->approvals.size() == 1);
  const NewApproval with_key{"team", id, "ALICE", key.key_id, "signature", now};
  CHECK(registry->approve_request(with_key, kActor)->approvals.size() == 1);
  CHECK(must(registry->install_request(id)).approvals.size() == 1);
  CHECK(approve(id, "carol")->status == RequestStatus::approved);
}

TEST_CASE_FIXTURE(InstallFixture, "a denial stands until an approver takes it back") {
  const std::string id = pending("vault");
  REQUIRE(registry->deny_request("team", id, "alice", "not now", now, kActor));
  const auto again = ask("vault");
  REQUIRE_FALSE(again);
  CHECK(again.error().code == ErrorCode::request_denied);
  CHECK(again.error().message.find("not now") != std::string::npos);
  CHECK(approve(id, "carol").error().code == ErrorCode::request_decided);
  REQUIRE(registry->cancel_request("team", id, RequestStatus::denied, "alice", now, kActor));
  CHECK(pending("vault") != id);
}

TEST_CASE_FIXTURE(InstallFixture, "a request ends with its time, whether anybody looked or not") {
  const std::string id = pending("vault");
  now += std::chrono::hours(24 * 7);
  CHECK(approve(id, "alice").error().code == ErrorCode::request_expired);
  const std::string next = pending("vault");
  CHECK(next != id);
  CHECK(must(registry->install_request(id)).status == RequestStatus::expired);
  now += std::chrono::hours(24 * 7);
  CHECK(*registry->expire_requests(now) == 1);
  CHECK(*registry->expire_requests(now) == 0);
  CHECK(must(registry->install_request(next)).status == RequestStatus::expired);
}

TEST_CASE_FIXTURE(InstallFixture, "a clock that steps back ends nothing early") {
  const std::string id = pending("vault");
  now -= std::chrono::hours(24 * 365);
  CHECK(*registry->expire_requests(now) == 0);
  CHECK(ask("vault")->request.id == id);
  CHECK(approve(id, "alice")->status == RequestStatus::approved);
  CHECK(approve(id, "alice")->approvals.size() == 1);
  CHECK(registry->installation_history("team", "vault", 10)->size() == 1);
}

TEST_CASE_FIXTURE(InstallFixture, "what is uninstalled may be asked for anew") {
  REQUIRE(ask("tool"));
  REQUIRE(registry->uninstall("team", "tool", now, kActor));
  CHECK_FALSE(installed("tool"));
  CHECK(registry->uninstall("team", "tool", now, kActor).error().code ==
        ErrorCode::installation_not_found);
  CHECK(ask("tool")->is_new);
  const auto history = registry->installation_history("team", "tool", 10);
  REQUIRE(history->size() == 3);
  CHECK((*history)[1].action == "uninstall");
}

TEST_CASE_FIXTURE(InstallFixture, "uninstalling first is no way around the approval of an update") {
  REQUIRE(registry->set_publisher_verified("acme", true, kActor));
  REQUIRE(ask("tool"));
  publish("tool", "1.1.0", {"custom", "database"});
  const std::string id = pending("tool", "1.1.0");
  REQUIRE(registry->cancel_request("team", id, RequestStatus::pending, "bob", now, kActor));
  REQUIRE(registry->uninstall("team", "tool", now, kActor));
  CHECK(ask("tool", "1.1.0")->kind == Kind::pending);
  // Who never had it is spared the first approval of a verified publisher's connector.
  const auto others =
      registry->request_install({"req_o", "others", "tool", "1.1.0", "{}", "eve", now}, kActor);
  CHECK(others->kind == Kind::installed);
  // What was there before comes back as it was.
  CHECK(ask("tool", "1.0.0")->kind == Kind::installed);
}

TEST_CASE_FIXTURE(InstallFixture, "another configuration is an update, decided like any other") {
  const std::string verbose = R"({"level":"debug"})";
  REQUIRE(ask("tool"));
  CHECK(configure("tool", verbose)->kind == Kind::installed);
  CHECK(installation("tool").config == verbose);
  CHECK(registry->installation_history("team", "tool", 10)->front().action == "update");
  // The same again, or none asked for, changes nothing.
  CHECK(configure("tool", verbose)->kind == Kind::already_installed);
  CHECK(configure("tool", {})->kind == Kind::already_installed);
  // An update that says nothing of it keeps it.
  publish("tool", "1.1.0", {"custom"});
  CHECK(configure("tool", {}, "1.1.0")->kind == Kind::installed);
  CHECK(installation("tool").config == verbose);

  Policy policy;
  policy.require_approval_for_all = true;
  set_policy(policy);
  const auto outcome = configure("tool", "{}", "1.1.0");
  REQUIRE(outcome->kind == Kind::pending);
  CHECK(installation("tool").config == verbose);
  REQUIRE(approve(outcome->request.id, "alice"));
  CHECK(installation("tool").config == "{}");
}

TEST_CASE_FIXTURE(InstallFixture, "a request that waits is not taken for one of another content") {
  REQUIRE(configure("vault", R"({"a":1})")->kind == Kind::pending);
  CHECK(configure("vault", R"({"a":1})")->kind == Kind::pending);
  CHECK(configure("vault", {})->kind == Kind::pending);
  CHECK(configure("vault", R"({"a":2})").error().code == ErrorCode::request_differs);
}

TEST_CASE_FIXTURE(InstallFixture, "an update replaces the version and keeps the history") {
  REQUIRE(ask("tool"));
  publish("tool", "1.1.0", {"custom"});
  publish("tool", "2.0.0", {"custom", "cloud"});
  CHECK(ask("tool", "1.1.0")->kind == Kind::installed);
  CHECK(installation("tool").version == "1.1.0");
  const std::string id = pending("tool", "2.0.0");
  CHECK(must(registry->install_request(id)).installed_version == "1.1.0");
  CHECK(installation("tool").version == "1.1.0");
  REQUIRE(approve(id, "alice"));
  CHECK(installation("tool").version == "2.0.0");
  const auto history = registry->installation_history("team", "tool", 10);
  CHECK(history->front().action == "update");
  CHECK(history->front().previous_version == "1.1.0");
}

TEST_CASE_FIXTURE(InstallFixture, "an approval says why not when the world has changed") {
  SUBCASE("the publisher is suspended") {
    const std::string id = pending("vault");
    REQUIRE(registry->set_publisher_status("acme", PublisherStatus::suspended, "", kActor));
    CHECK(approve(id, "alice").error().code == ErrorCode::publisher_suspended);
    REQUIRE(registry->set_publisher_status("acme", PublisherStatus::active, "", kActor));
    CHECK(approve(id, "alice"));
  }
  SUBCASE("the version was deprecated since") {
    const std::string id = pending("vault");
    REQUIRE(registry->set_deprecated("vault", "1.0.0", "broken", now, kActor));
    CHECK(approve(id, "alice").error().code == ErrorCode::version_deprecated);
  }
  SUBCASE("it was deprecated when it was asked for") {
    REQUIRE(registry->set_deprecated("vault", "1.0.0", "old", now, kActor));
    CHECK(approve(pending("vault"), "alice"));
  }
  SUBCASE("the policy blocks it now") {
    const std::string id = pending("vault");
    Policy policy;
    policy.blocked_connectors = {"vault"};
    set_policy(policy);
    CHECK(approve(id, "alice").error().code == ErrorCode::policy_denied);
  }
}

TEST_CASE_FIXTURE(InstallFixture, "an approval does not undo what was installed since") {
  publish("tool", "1.1.0", {"custom", "auth"});
  publish("tool", "1.2.0", {"custom", "auth"});
  REQUIRE(ask("tool"));
  const std::string old = pending("tool", "1.1.0");
  SUBCASE("another version") {
    REQUIRE(approve(pending("tool", "1.2.0"), "alice"));
    CHECK(approve(old, "alice").error().code == ErrorCode::request_outdated);
    CHECK(installation("tool").version == "1.2.0");
    // Asked for again it is a new request, which may be a step back. It asks for nothing more.
    CHECK(ask("tool", "1.1.0")->kind == Kind::installed);
    CHECK(must(registry->install_request(old)).status == RequestStatus::cancelled);
  }
  SUBCASE("nothing") {
    REQUIRE(registry->uninstall("team", "tool", now, kActor));
    CHECK(approve(old, "alice").error().code == ErrorCode::request_outdated);
    CHECK_FALSE(installed("tool"));
    const std::string next = pending("tool", "1.1.0");
    CHECK(next != old);
    CHECK(approve(next, "alice")->status == RequestStatus::approved);
  }
  SUBCASE("another configuration") {
    REQUIRE(configure("tool", R"({"level":"debug"})"));
    CHECK(approve(old, "alice").error().code == ErrorCode::request_outdated);
    CHECK(installation("tool").version == "1.0.0");
  }
}

TEST_CASE_FIXTURE(InstallFixture, "a compromised key denies what waits and names what is there") {
  REQUIRE(ask("tool"));
  const std::string id = pending("vault");
  const Revocation revocation{key.key_id, ReasonCode::compromised, "stolen", {}, now};
  const auto preview = registry->preview_revocation(revocation);
  REQUIRE(preview);
  REQUIRE(preview->requests.size() == 1);
  REQUIRE(preview->installations.size() == 1);
  CHECK(preview->installations[0].connector_id == "tool");
  CHECK(must(registry->install_request(id)).status == RequestStatus::pending);

  REQUIRE(registry->revoke_key(revocation, kActor));
  CHECK(must(registry->install_request(id)).status == RequestStatus::denied);
  CHECK(approve(id, "alice").error().code == ErrorCode::request_decided);
  CHECK(ask("vault").error().code == ErrorCode::version_quarantined);
}

TEST_CASE_FIXTURE(InstallFixture, "requests are listed newest first, a page at a time") {
  for (int i = 1; i <= 5; ++i) publish("vault", fmt::format("2.{}.0", i), {"auth"});
  std::vector<std::string> ids;
  for (int i = 1; i <= 5; ++i) ids.push_back(pending("vault", fmt::format("2.{}.0", i)));
  InstallRequestQuery query;
  query.tenant_id = "team";
  query.limit = 2;
  query.now = now;
  auto page = registry->install_requests(query);
  REQUIRE(page->size() == 2);
  CHECK((*page)[0].id == ids[4]);
  query.before = page->back().num;
  page = registry->install_requests(query);
  CHECK((*page)[0].id == ids[2]);
  query.before = {};
  query.status = RequestStatus::pending;
  query.limit = 10;
  REQUIRE(registry->deny_request("team", ids[0], "alice", "no", now, kActor));
  CHECK(registry->install_requests(query)->size() == 4);
  query.connector_id = "vault";
  CHECK(registry->install_requests(query)->size() == 4);
  query.connector_id = "tool";
  CHECK(registry->install_requests(query)->empty());
  query.connector_id = "";
  query.now = now + std::chrono::hours(24 * 30);
  CHECK(registry->install_requests(query)->empty());
  query.tenant_id = "others";
  query.status = {};
  CHECK(registry->install_requests(query)->empty());
}

TEST_CASE_FIXTURE(InstallFixture, "a policy has revisions, and nobody overwrites one unseen") {
  CHECK_FALSE(*registry->policy("team"));
  Policy policy;
  set_policy(policy);
  CHECK(must(registry->policy("team")).revision == 1);
  set_policy(policy);  // the same again
  CHECK(must(registry->policy("team")).revision == 1);
  policy.min_approvals = 2;
  const PolicyRecord changed{"team", 0, dump_json(policy.to_json()), now, ""};
  CHECK(registry->set_policy(changed, 0, kActor).error().code == ErrorCode::policy_changed);
  CHECK(registry->set_policy(changed, 1, kActor)->revision == 2);
  CHECK(registry->policy_history("team")->size() == 2);
}

TEST_CASE_FIXTURE(InstallFixture, "what the policy refuses now it refuses though it is installed") {
  REQUIRE(ask("tool"));
  Policy policy;
  policy.blocked_connectors = {"tool"};
  set_policy(policy);
  CHECK(ask("tool").error().code == ErrorCode::policy_denied);
  REQUIRE(installed("tool"));
  CHECK(installation("tool").version == "1.0.0");  // nothing is taken away
  set_policy(Policy());
  CHECK(ask("tool")->kind == Kind::already_installed);
}

TEST_CASE_FIXTURE(InstallFixture, "what the policy refuses now it refuses though it waits") {
  pending("vault");
  Policy policy;
  policy.allowed_publishers = {"others"};
  set_policy(policy);
  CHECK(ask("vault").error().code == ErrorCode::policy_denied);
}

TEST_CASE_FIXTURE(InstallFixture, "of a policy's history the newest hundred are kept") {
  const auto set = [&](std::size_t of_list, const std::string& name) {
    Policy policy;
    for (std::size_t i = 0; i < of_list; ++i) {
      policy.blocked_connectors.push_back(fmt::format("{}-{}", name, i));
    }
    set_policy(policy);
  };
  for (int i = 0; i < 120; ++i) set(1, fmt::format("c{}", i));
  const auto history = registry->policy_history("team");
  REQUIRE(history);
  REQUIRE(history->size() == 100);
  CHECK(history->front().revision == 120);
  CHECK(history->back().revision == 21);
  // Not only shown: nothing more is kept.
  std::size_t kept = 0;
  REQUIRE(each_document(folder.path() / "mktd.db", [&](const OutboxEntry& document) -> Status {
    if (document.name.kind == DocumentKind::policy) ++kept;
    return {};
  }));
  CHECK(kept == 100);
  // Revisions go on as if all were there.
  set(1, "next");
  CHECK(registry->policy("team")->value().revision == 121);
}

TEST_CASE_FIXTURE(InstallFixture, "of a policy's history no more than a mebibyte is kept") {
  std::size_t largest = 0;
  for (int i = 0; i < 60; ++i) {
    PolicyRecord record{"team", 0, "", now, ""};
    record.document = dump_json({{"blockedConnectors", Json::array({fmt::format("c{}", i)})},
                                 {"note", std::string(60'000, 'x')}});
    largest = std::max(largest, record.document.size());
    REQUIRE(registry->set_policy(record, {}, kActor));
  }
  const auto history = registry->policy_history("team");
  REQUIRE(history);
  CHECK(history->front().revision == 60);
  CHECK(history->size() == 1024 * 1024 / largest);
  // One that is larger than all of that would still be in force.
  REQUIRE(registry->set_policy(
      {"team", 0, dump_json({{"note", std::string(2'000'000, 'x')}}), now, ""}, {}, kActor));
  CHECK(registry->policy_history("team")->size() == 1);
  CHECK(registry->policy("team")->value().revision == 61);
}

TEST_CASE_FIXTURE(InstallFixture, "what a key was spent on is done at most once") {
  Actor actor = kActor;
  actor.idempotency = IdempotencyKey{"token", "k1", "hash", now, now + std::chrono::hours(24)};
  const TokenRecord token{"t1", "h", "ci", Role::admin, "", now, {}, {}};
  REQUIRE(registry->add_token(token, actor));
  // Another request under the same key, as after a crash that came before the answer.
  Actor retry = actor;
  retry.request_id = "r2";
  TokenRecord other = token;
  other.id = "t2";
  CHECK(registry->add_token(other, retry).error().code == ErrorCode::answer_lost);
  CHECK_FALSE(*registry->token("t2"));
  CHECK(must(registry->first_answer("token", "k1", now)).status == 0);
  REQUIRE(registry->keep_first_answer(*actor.idempotency, {"hash", 201, "application/json", "{}"}));
  CHECK(must(registry->first_answer("token", "k1", now)).status == 201);
  CHECK(*registry->remove_expired_answers(now) == 0);
  // A day later the key is free.
  now += std::chrono::hours(24);
  CHECK_FALSE(*registry->first_answer("token", "k1", now));
  retry.idempotency->at = now;
  retry.idempotency->expires_at = now + std::chrono::hours(24);
  CHECK(registry->add_token(other, retry));
  CHECK(*registry->remove_expired_answers(now) == 0);
  CHECK(*registry->remove_expired_answers(now + std::chrono::hours(24)) == 1);
}

TEST_CASE_FIXTURE(InstallFixture, "everything is there after the store is opened again") {
  REQUIRE(ask("tool"));
  const std::string id = pending("vault");
  Policy policy;
  policy.min_approvals = 2;
  set_policy(policy);
  reopen();
  CHECK(installed("tool"));
  CHECK(must(registry->install_request(id)).status == RequestStatus::pending);
  CHECK(must(registry->policy("team")).revision == 1);
}

}  // namespace
}  // namespace mkt
