// Several daemons on one database: each has its own store and views; all run the real use cases on
// records that check their holds, with pauses between the statements.
#include <atomic>
#include <barrier>
#include <random>
#include <thread>

#include "tests/unit/service/registry_fixture.h"
#include "tests/unit/store/postgres/postgres_fixture.h"

namespace mkt {
namespace {

using namespace std::chrono_literals;

constexpr int kDaemons = 3;

// How many times each race is run; MKT_TEST_ROUNDS asks for more.
int rounds() {
  const char* wanted = std::getenv("MKT_TEST_ROUNDS");
  return wanted == nullptr ? 30 : std::stoi(wanted);
}

void pause_at_random() {
  thread_local std::minstd_rand random(
      static_cast<unsigned>(std::hash<std::thread::id>()(std::this_thread::get_id())));
  if (random() % 4 == 0) std::this_thread::sleep_for(std::chrono::microseconds(random() % 300));
}

struct SeveralDaemons {
  SeveralDaemons() {
    for (int i = 0; i < kDaemons; ++i) {
      fixtures.push_back(
          std::make_unique<RegistryFixture>([this](const std::filesystem::path& folder) {
            return std::make_unique<Registry>(folder, open_postgres(database.url()),
                                              pause_at_random);
          }));
    }
  }
  Registry& operator[](int daemon) {
    return *fixtures[static_cast<std::size_t>(daemon % kDaemons)]->registry;
  }
  KeyRecord add_publisher(const std::string& id) { return fixtures[0]->add_publisher(id); }

  // Runs all at the same moment, each in its own thread.
  static void at_once(const std::vector<std::function<void()>>& jobs) {
    std::barrier start(static_cast<std::ptrdiff_t>(jobs.size()));
    std::vector<std::jthread> threads;
    for (const auto& job : jobs) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        job();
      });
    }
  }

  TestDatabase database;
  std::vector<std::unique_ptr<RegistryFixture>> fixtures;
};

// How many entries there are of any of these actions.
std::string entries_of(const SeveralDaemons& daemons, std::string_view actions,
                       std::string_view subject) {
  const std::string sql = fmt::format(
      "SELECT count(*) FROM audit_log WHERE action IN ({}) AND subject = '{}'", actions, subject);
  return ask_sql(daemons.database.url(), sql.c_str());
}

TEST_CASE("with PostgreSQL: 24 publish the same version on three daemons: it is new once") {
  if (!has_postgres()) return;
  SeveralDaemons daemons;
  const KeyRecord key = daemons.add_publisher("acme");
  for (int i = 0; i < rounds() / 10; ++i) {
    const std::string id = fmt::format("tool{}", i);
    std::atomic<int> made = 0, found = 0;
    std::vector<std::function<void()>> jobs;
    for (int j = 0; j < 8 * kDaemons; ++j) {
      jobs.emplace_back([&, j] {
        const auto published =
            daemons[j].publish(RegistryFixture::version(id, "1.0.0", key), kActor);
        made += published && published->is_new;
        found += published && !published->is_new;
      });
    }
    SeveralDaemons::at_once(jobs);
    CHECK(made == 1);
    CHECK(found == 8 * kDaemons - 1);
    CHECK(entries_of(daemons, "'version.publish'", id + "@1.0.0") == "1");
  }
}

TEST_CASE("with PostgreSQL: with other bytes one is published and the others are refused") {
  if (!has_postgres()) return;
  SeveralDaemons daemons;
  const KeyRecord key = daemons.add_publisher("acme");
  for (int i = 0; i < rounds(); ++i) {
    std::atomic<int> made = 0, refused = 0;
    std::vector<std::function<void()>> jobs;
    for (int j = 0; j < kDaemons; ++j) {
      jobs.emplace_back([&, j] {
        NewVersion n = RegistryFixture::version(fmt::format("tool{}", i), "1.0.0", key);
        n.version.checksum = fmt::format("sha256:{}", j);
        const auto published = daemons[j].publish(n, kActor);
        made += bool(published);
        refused += !published && published.error().code == ErrorCode::version_exists;
      });
    }
    SeveralDaemons::at_once(jobs);
    CHECK(made == 1);
    CHECK(refused == kDaemons - 1);
  }
}

TEST_CASE("with PostgreSQL: of two publishers that race for a connector one is its owner") {
  if (!has_postgres()) return;
  SeveralDaemons daemons;
  const KeyRecord keys[] = {daemons.add_publisher("acme"), daemons.add_publisher("other")};
  for (int i = 0; i < rounds(); ++i) {
    const std::string id = fmt::format("tool{}", i);
    std::atomic<int> made = 0, refused = 0;
    std::vector<std::function<void()>> jobs;
    for (int j = 0; j < 2; ++j) {
      jobs.emplace_back([&, j] {
        const auto published = daemons[j].publish(
            RegistryFixture::version(id, fmt::format("1.0.{}", j), keys[j]), kActor);
        made += bool(published);
        refused += !published && published.error().code == ErrorCode::not_owner;
      });
    }
    SeveralDaemons::at_once(jobs);
    CHECK(made == 1);
    CHECK(refused == 1);
    CHECK(daemons[2].owners_of(id)->size() == 1);
  }
}

TEST_CASE("with PostgreSQL: publish and revoke on two daemons: nothing is served that came after") {
  if (!has_postgres()) return;
  SeveralDaemons daemons;
  for (int i = 0; i < rounds(); ++i) {
    const KeyRecord key = daemons.add_publisher(fmt::format("acme{}", i));
    const std::string id = fmt::format("tool{}", i);
    // Half of them name no moment: then what was accepted before the revocation stays.
    std::optional<UtcTime> since;
    if (i % 2 == 0) since = utc_now() - 1h;
    SeveralDaemons::at_once(
        {[&] { (void)daemons[0].publish(RegistryFixture::version(id, "1.0.0", key), kActor); },
         [&] {
           CHECK(daemons[1].revoke_key(
               {key.key_id, ReasonCode::compromised, "stolen", since, utc_now()}, kActor));
         }});
    const auto found = daemons[2].version(id, "1.0.0");
    const auto revoked = daemons[2].key(key.key_id);
    REQUIRE(found);
    REQUIRE(*revoked);
    REQUIRE((*revoked)->compromised_seq);
    if (!*found) continue;
    const bool before = (*found)->signature_seq < *(*revoked)->compromised_seq;
    CHECK((before || (*found)->quarantined));
  }
}

TEST_CASE("with PostgreSQL: approve, deny, cancel and expire at once: one end") {
  if (!has_postgres()) return;
  SeveralDaemons daemons;
  const KeyRecord key = daemons.add_publisher("acme");
  for (int i = 0; i < rounds(); ++i) {
    const std::string id = fmt::format("vault{}", i), request = fmt::format("req_{}", i);
    NewVersion n = RegistryFixture::version(id, "1.0.0", key);
    n.version.capabilities = {"auth"};
    REQUIRE(daemons[0].publish(n, kActor));
    const UtcTime now = utc_now();
    REQUIRE(daemons[0].request_install({request, "team", id, "1.0.0", "{}", "bob", now}, kActor));
    SeveralDaemons::at_once(
        {[&] {
           (void)daemons[0].approve_request({"team", request, "alice", "", "", now}, kActor);
         },
         [&] { (void)daemons[1].deny_request("team", request, "carol", "no", now, kActor); },
         [&] {
           (void)daemons[2].cancel_request("team", request, RequestStatus::pending, "bob", now,
                                           kActor);
         },
         [&] { (void)daemons[1].expire_requests(now + 24h * 365); }});
    const auto decided = daemons[2].install_request(request);
    REQUIRE(decided);
    REQUIRE(*decided);
    const RequestStatus end = (*decided)->status;
    CHECK(end != RequestStatus::pending);
    const bool approved = end == RequestStatus::approved;
    CHECK(bool(*daemons[0].installation("team", id)) == approved);
    CHECK(daemons[0].installation_history("team", id, 10)->size() == (approved ? 1 : 0));
    CHECK(entries_of(daemons, "'request.deny', 'request.cancel', 'request.expire'", request) ==
          (approved ? "0" : "1"));
  }
}

TEST_CASE("with PostgreSQL: two approve at once on two daemons: it is installed once") {
  if (!has_postgres()) return;
  SeveralDaemons daemons;
  const KeyRecord key = daemons.add_publisher("acme");
  Policy policy;
  policy.min_approvals = 2;
  REQUIRE(
      daemons[0].set_policy({"team", 0, dump_json(policy.to_json()), utc_now(), ""}, {}, kActor));
  for (int i = 0; i < rounds(); ++i) {
    const std::string id = fmt::format("vault{}", i), request = fmt::format("req_{}", i);
    NewVersion n = RegistryFixture::version(id, "1.0.0", key);
    n.version.capabilities = {"auth"};
    REQUIRE(daemons[0].publish(n, kActor));
    REQUIRE(
        daemons[1].request_install({request, "team", id, "1.0.0", "{}", "bob", utc_now()}, kActor));
    const auto approve = [&](int daemon, const char* who) {
      CHECK(daemons[daemon].approve_request({"team", request, who, "", "", utc_now()}, kActor));
    };
    SeveralDaemons::at_once({[&] { approve(0, "alice"); }, [&] { approve(1, "carol"); }});
    const auto decided = daemons[2].install_request(request);
    REQUIRE(decided);
    CHECK((*decided)->status == RequestStatus::approved);
    CHECK((*decided)->approvals.size() == 2);
    CHECK(daemons[2].installation_history("team", id, 10)->size() == 1);
  }
}

TEST_CASE("with PostgreSQL: an approval with a token that is removed at once counts or is gone") {
  if (!has_postgres()) return;
  SeveralDaemons daemons;
  const KeyRecord key = daemons.add_publisher("acme");
  Policy policy;
  policy.min_approvals = 2;
  REQUIRE(
      daemons[0].set_policy({"team", 0, dump_json(policy.to_json()), utc_now(), ""}, {}, kActor));
  for (int i = 0; i < rounds(); ++i) {
    const std::string id = fmt::format("vault{}", i), request = fmt::format("req_{}", i);
    const std::string token = fmt::format("t{}", i);
    NewVersion n = RegistryFixture::version(id, "1.0.0", key);
    n.version.capabilities = {"auth"};
    REQUIRE(daemons[0].publish(n, kActor));
    REQUIRE(daemons[0].add_token(RegistryFixture::token(token, Role::approver, "team"), kActor));
    REQUIRE(
        daemons[1].request_install({request, "team", id, "1.0.0", "{}", "bob", utc_now()}, kActor));
    NewApproval approval{"team", request, "alice", "", "", utc_now()};
    approval.token_id = token;
    Actor alice = kActor;
    alice.token_id = token;
    std::atomic<bool> approved = false;
    SeveralDaemons::at_once({[&] { approved = bool(daemons[0].approve_request(approval, alice)); },
                             [&] { CHECK(daemons[1].remove_token(token, kActor)); }});
    // The token is gone, so its yes does not count any more: another one alone installs nothing.
    REQUIRE(daemons[2].approve_request({"team", request, "carol", "", "", utc_now()}, kActor));
    const auto seen = daemons[2].install_request(request);
    REQUIRE(seen);
    CHECK((*seen)->status == RequestStatus::pending);
    CHECK((*seen)->approvals.size() == 1);
    CHECK_FALSE(*daemons[0].installation("team", id));
  }
}

TEST_CASE("with PostgreSQL: one of two new policies wins, the other is told that it changed") {
  if (!has_postgres()) return;
  SeveralDaemons daemons;
  const std::string document = dump_json(Policy().to_json());
  for (int i = 0; i < rounds(); ++i) {
    std::atomic<int> set = 0, changed = 0;
    const auto set_policy = [&](int daemon) {
      Policy policy;
      policy.min_approvals = static_cast<unsigned>(1 + daemon + i % 2 * 2);
      const auto done = daemons[daemon].set_policy(
          {"team", 0, dump_json(policy.to_json()), utc_now(), ""}, i, kActor);
      set += bool(done);
      changed += !done && done.error().code == ErrorCode::policy_changed;
    };
    SeveralDaemons::at_once({[&] { set_policy(0); }, [&] { set_policy(1); }});
    CHECK(set == 1);
    CHECK(changed == 1);
  }
}

TEST_CASE("with PostgreSQL: of the last two owners who are removed at once one stays") {
  if (!has_postgres()) return;
  SeveralDaemons daemons;
  const KeyRecord key = daemons.add_publisher("acme");
  daemons.add_publisher("partner");
  for (int i = 0; i < rounds(); ++i) {
    const std::string id = fmt::format("tool{}", i);
    REQUIRE(daemons[0].publish(RegistryFixture::version(id, "1.0.0", key), kActor));
    REQUIRE(daemons[0].add_owner(id, "partner", kActor));
    std::atomic<int> removed = 0, last = 0;
    const auto remove = [&](int daemon, const char* publisher) {
      const auto done = daemons[daemon].remove_owner(id, publisher, kActor);
      removed += bool(done);
      last += !done && done.error().code == ErrorCode::last_owner;
    };
    SeveralDaemons::at_once({[&] { remove(0, "acme"); }, [&] { remove(1, "partner"); }});
    CHECK(removed == 1);
    CHECK(last == 1);
    CHECK(daemons[2].owners_of(id)->size() == 1);
  }
}

TEST_CASE("with PostgreSQL: an Idempotency-Key is spent once, whichever daemon it comes to") {
  if (!has_postgres()) return;
  SeveralDaemons daemons;
  for (int i = 0; i < rounds(); ++i) {
    std::atomic<int> done = 0, lost = 0;
    const std::string subject = fmt::format("subject-{}", i);
    const auto note = [&](int daemon) {
      Actor actor = kActor;
      actor.request_id = fmt::format("r{}", daemon);
      actor.idempotency =
          IdempotencyKey{"t1", fmt::format("key-{}", i), "hash", utc_now(), utc_now() + 1h};
      const Status noted = daemons[daemon].note("limit.reset", subject, actor);
      done += bool(noted);
      lost += !noted && noted.error().code == ErrorCode::answer_lost;
    };
    SeveralDaemons::at_once({[&] { note(0); }, [&] { note(1); }});
    CHECK(done == 1);
    CHECK(lost == 1);
    CHECK(entries_of(daemons, "'limit.reset'", subject) == "1");
  }
}

TEST_CASE("with PostgreSQL: who follows the log by number misses nothing, and nothing comes late") {
  if (!has_postgres()) return;
  SeveralDaemons daemons;
  constexpr int kWriters = 6;
  std::atomic<int> writing = kWriters;
  std::vector<std::jthread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < rounds(); ++i) {
        CHECK(daemons[w].note("limit.reset", fmt::format("{}-{}", w, i), kActor));
      }
      --writing;
    });
  }
  std::int64_t last = 0;
  UtcTime at{};
  for (bool more = true; more;) {
    more = writing > 0;
    const auto entries = daemons[2].log({last, {}, 1000});
    REQUIRE(entries);
    for (const LogEntry& e : *entries) {
      CHECK(e.seq == last + 1);
      CHECK(e.at >= at);
      last = e.seq;
      at = e.at;
    }
  }
  CHECK(last == kWriters * rounds());
}

}  // namespace
}  // namespace mkt
