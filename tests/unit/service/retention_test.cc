// Which prereleases go, and which stay whatever their age.
#include "daemon/service/retention.h"

#include <doctest/doctest.h>

#include "daemon/service/notices.h"
#include "daemon/service/quarantine.h"
#include "daemon/service/withdraw.h"
#include "tests/unit/service/registry_fixture.h"

namespace mkt {
namespace {

using namespace std::chrono_literals;

struct Prereleases : RegistryFixture {
  Prereleases() : key(add_publisher("maker")) {
    market().now = [this] { return now; };
    publish("tool", "1.0.0");
    for (const char* number : {"1.1.0-a", "1.1.0-b", "1.1.0-c", "1.1.0-d"}) publish("tool", number);
  }

  Marketplace& market() { return registry->market(); }
  void publish(const std::string& id, const std::string& number,
               std::vector<DependencyRecord> dependencies = {}, bool is_marked = false) {
    NewVersion v = version(id, number, key);
    v.version.published_at = now;
    v.version.prerelease = is_marked || number.find('-') != std::string::npos;
    v.version.checksum = Checksum::of(as_bytes(id + number)).text();
    v.dependencies = std::move(dependencies);
    REQUIRE(registry->publish(v, kActor));
  }
  std::size_t keep(std::size_t count) {
    return must(withdraw_old_prereleases(market(), "tool", count, [] { return false; }));
  }
  // The numbers that can still be had, newest first.
  std::string left() {
    std::string numbers;
    const auto all =
        market().read([](const Records& records) { return records.catalog().versions_of("tool"); });
    for (const VersionRecord& v : *all) {
      if (!v.withdrawn_at) numbers += v.version + " ";
    }
    return numbers;
  }

  UtcTime now = utc_now();
  KeyRecord key;
};

TEST_CASE_FIXTURE(Prereleases, "of the prereleases the newest stay, and every release does") {
  CHECK(keep(4) == 0);
  CHECK(keep(3) == 1);
  CHECK(left() == "1.1.0-d 1.1.0-c 1.1.0-b 1.0.0 ");
  CHECK(keep(1) == 2);
  CHECK(keep(1) == 0);
  CHECK(left() == "1.1.0-d 1.0.0 ");
  CHECK(keep(100) == 0);
}

TEST_CASE_FIXTURE(Prereleases, "newest is what was published last, whatever its number") {
  publish("tool", "0.9.1-fix");
  CHECK(keep(1) == 4);
  CHECK(left() == "0.9.1-fix 1.0.0 ");
}

TEST_CASE_FIXTURE(Prereleases, "a tombstone says why, and the number is never used again") {
  keep(3);
  const auto gone = show_version(market(), Caller(), *ConnectorId::parse("tool"), "1.1.0-a");
  REQUIRE(gone);
  CHECK(gone->withdrawal_code == "retention");
  CHECK(gone->withdrawal_reason.find("keeps 3 prereleases") != std::string::npos);
  NewVersion again = version("tool", "1.1.0-a", key);
  CHECK(registry->publish(again, kActor).error().code == ErrorCode::version_withdrawn);
}

TEST_CASE_FIXTURE(Prereleases, "what is installed stays, and goes when nobody has it any more") {
  REQUIRE(registry->request_install({"r1", "acme", "tool", "1.1.0-a", "{}", "dev", now}, kActor));
  CHECK(keep(1) == 2);
  CHECK(left() == "1.1.0-d 1.1.0-a 1.0.0 ");
  REQUIRE(registry->request_install({"r2", "acme", "tool", "1.1.0-d", "{}", "dev", now}, kActor));
  CHECK(keep(1) == 1);
  CHECK(left() == "1.1.0-d 1.0.0 ");
}

TEST_CASE_FIXTURE(Prereleases, "what an install request waits for stays, and once it is approved") {
  PolicyRecord policy;
  policy.tenant_id = "acme";
  policy.document = R"({"requireApprovalForAll":true})";
  policy.set_at = now;
  REQUIRE(registry->set_policy(policy, std::nullopt, kActor));
  REQUIRE(registry->request_install({"r1", "acme", "tool", "1.1.0-b", "{}", "dev", now}, kActor));
  CHECK(keep(1) == 2);
  CHECK(left() == "1.1.0-d 1.1.0-b 1.0.0 ");
  CHECK((*registry->install_request("r1"))->status == RequestStatus::pending);
  REQUIRE(registry->approve_request({"acme", "r1", "alice", "", "", now}, kActor));
  CHECK(keep(1) == 0);
  CHECK((*registry->installation("acme", "tool"))->version == "1.1.0-b");
  // Uninstalled or not, a tenant may install what its people approved.
  REQUIRE(registry->uninstall("acme", "tool", now, kActor));
  CHECK(keep(1) == 0);
  CHECK(left() == "1.1.0-d 1.1.0-b 1.0.0 ");
  // A newer request stands for the older one.
  REQUIRE(registry->request_install({"r2", "acme", "tool", "1.1.0-b", "{}", "dev", now}, kActor));
  REQUIRE(registry->deny_request("acme", "r2", "alice", "no more", now, kActor));
  CHECK(keep(1) == 1);
  CHECK(left() == "1.1.0-d 1.0.0 ");
}

TEST_CASE_FIXTURE(Prereleases, "what is in quarantine stays, and does not count") {
  REQUIRE(keep_quarantine(market(), kActor, "tool", "1.1.0-a", "calls home", now));
  REQUIRE(keep_quarantine(market(), kActor, "tool", "1.1.0-d", "calls home", now));
  CHECK(keep(1) == 1);
  CHECK(left() == "1.1.0-d 1.1.0-c 1.1.0-a 1.0.0 ");
  REQUIRE(keep_release(market(), kActor, "tool", "1.1.0-a", "it does not", now));
  CHECK(keep(1) == 1);
  CHECK(left() == "1.1.0-d 1.1.0-c 1.0.0 ");
}

TEST_CASE_FIXTURE(Prereleases, "what a stolen key signed stays until somebody decides") {
  REQUIRE(registry->revoke_key({key.key_id, ReasonCode::compromised, "stolen", {}, now}, kActor));
  CHECK(keep(1) == 0);
}

TEST_CASE_FIXTURE(Prereleases,
                  "a smaller number takes the oldest hundred at once, not everything") {
  for (std::size_t n = 0; n < kMostWithdrawnAtOnce; ++n)
    publish("tool", fmt::format("2.0.0-{}", n));
  CHECK(keep(2) == kMostWithdrawnAtOnce);
  CHECK(left() == "2.0.0-99 2.0.0-98 2.0.0-97 2.0.0-96 1.0.0 ");
  CHECK(keep(2) == 2);
}

TEST_CASE_FIXTURE(Prereleases, "a daemon that stops withdraws nothing more") {
  int asked = 0;
  const auto after_one = [&] { return asked++ > 0; };
  CHECK(must(withdraw_old_prereleases(market(), "tool", 1, after_one)) == 1);
}

TEST_CASE_FIXTURE(Prereleases,
                  "the log says who withdrew what and why, and nobody gets mail about it") {
  keep(3);
  const auto log = *registry->log({0, std::nullopt, 100});
  const LogEntry& last = log.back();
  CHECK(last.action == "version.withdraw");
  CHECK(last.subject == "tool@1.1.0-a");
  CHECK(last.actor.who == "system");
  CHECK(last.document.find(R"("reasonCode":"retention")") != std::string::npos);
  CHECK(must(concerned_by(market(), last)).empty());
}

TEST_CASE_FIXTURE(Prereleases, "what a version of another connector may choose stays") {
  publish("user", "1.0.0", {{"tool", "1.1.0-a"}});
  publish("other", "1.0.0", {{"tool", ">=1.1.0-c"}});
  CHECK(keep(1) == 1);
  CHECK(left() == "1.1.0-d 1.1.0-c 1.1.0-a 1.0.0 ");
}

TEST_CASE_FIXTURE(Prereleases, "the latest version stays, although it is an old prerelease") {
  REQUIRE(keep_withdrawal(market(), kActor, nullptr, "tool", "1.0.0", "mistake", "broken", now));
  publish("tool", "0.1.0-old");
  const std::string latest = (*registry->connector("tool"))->latest_version;
  CHECK(keep(1) == 3);
  CHECK(left() == "0.1.0-old " + latest + " ");
}

TEST_CASE_FIXTURE(Prereleases, "a prerelease's bytes go with it") {
  auto upload = must(registry->blobs().begin_upload());
  REQUIRE(upload.write(as_bytes(std::string("bytes"))));
  REQUIRE(upload.finish());
  REQUIRE(upload.place());
  NewVersion v = version("tool", "1.1.0-e", key);
  v.version.prerelease = true;
  v.version.checksum = upload.checksum().text();
  v.version.size = upload.size();
  v.version.published_at = now;
  REQUIRE(registry->publish(v, kActor));
  upload.keep();
  CHECK(registry->blobs().open_blob(upload.checksum(), upload.size()));
  publish("tool", "1.1.0-f");
  now = utc_now() + 1s;
  CHECK(keep(1) == 5);
  CHECK_FALSE(registry->blobs().open_blob(upload.checksum(), upload.size()));
}

TEST_CASE_FIXTURE(Prereleases, "a round looks at what was published since the last one") {
  std::size_t wanted = 2;
  Retention retention(market(), [&] { return wanted; });
  const auto never = [] { return false; };
  REQUIRE(retention.round(never));  // begins
  REQUIRE(retention.round(never));
  CHECK(left() == "1.1.0-d 1.1.0-c 1.1.0-b 1.1.0-a 1.0.0 ");
  publish("tool", "1.2.0");
  REQUIRE(retention.round(never));
  CHECK(left() == "1.2.0 1.1.0-d 1.1.0-c 1.1.0-b 1.1.0-a 1.0.0 ");
  publish("tool", "1.3.0-a");
  REQUIRE(retention.round(never));
  CHECK(left() == "1.3.0-a 1.2.0 1.1.0-d 1.0.0 ");
  // A manifest may say so of any number.
  publish("tool", "1.3.0", {}, true);
  REQUIRE(retention.round(never));
  CHECK(left() == "1.3.0 1.3.0-a 1.2.0 1.0.0 ");
  wanted = 0;
  REQUIRE(retention.round(never));
  publish("tool", "1.3.0-b");
  REQUIRE(retention.round(never));
  CHECK(left() == "1.3.0-b 1.3.0 1.3.0-a 1.2.0 1.0.0 ");
}

TEST_CASE_FIXTURE(Prereleases, "a daemon that gets the job again does not look back") {
  Retention retention(market(), [] { return std::size_t{1}; });
  const auto never = [] { return false; };
  REQUIRE(retention.round(never));
  retention.rest();
  publish("tool", "1.2.0-a");
  REQUIRE(retention.round(never));
  REQUIRE(retention.round(never));
  CHECK(left() == "1.2.0-a 1.1.0-d 1.1.0-c 1.1.0-b 1.1.0-a 1.0.0 ");
  publish("tool", "1.2.0-b");
  REQUIRE(retention.round(never));
  CHECK(left() == "1.2.0-b 1.0.0 ");
}

}  // namespace
}  // namespace mkt
