// What the feed tells to whom, page by page and to those who wait.
#include "daemon/service/feed.h"

#include <doctest/doctest.h>

#include <future>
#include <vector>

#include "daemon/service/quarantine.h"
#include "daemon/service/visibility.h"
#include "tests/unit/eventually.h"
#include "tests/unit/must.h"
#include "tests/unit/service/registry_fixture.h"

namespace mkt {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::minutes kForEver{2};  // longer than a woken reader needs

Caller feed_reader(const std::string& address, Role role = Role::member,
                   const std::string& tenant = "") {
  Caller caller;
  caller.address = address;
  caller.role = role;
  caller.subject = tenant;
  if (!tenant.empty()) caller.token_id = "t";
  return caller;
}

const Caller kPasserBy = feed_reader("192.0.2.1");
const Caller kOfTheTenant = feed_reader("192.0.2.2", Role::member, "acme");

struct FeedOfTwo : RegistryFixture {
  FeedOfTwo() : key(add_publisher("maker")) {
    REQUIRE(registry->add_token(token("t", Role::admin, ""), kActor));
    REQUIRE(registry->publish(version("open", "1.0.0", key), kActor));
    NewVersion first = version("secret", "1.0.0", key);
    first.says_visible_to = true;
    first.version.visible_to = {"acme"};
    REQUIRE(registry->publish(first, kActor));
  }
  Marketplace& market() { return registry->market(); }
  void publish(const std::string& id, const std::string& number) {
    REQUIRE(registry->publish(version(id, number, key), kActor));
  }

  static std::string told_in(const wire::FeedListing& page) {
    std::string told;
    for (const wire::FeedEntryInfo& e : page.entries) {
      told += (told.empty() ? "" : " ") + e.kind + ":" + e.connector_id + "@" + e.version;
    }
    return told;
  }
  wire::FeedListing page(const Caller& caller, std::int64_t after = 0, std::uint32_t limit = 100) {
    return must(feed.page(caller, after, limit));
  }
  std::future<Feed::Waited> wait_in_thread(const Caller& caller, std::int64_t after) {
    return std::async(std::launch::async, [this, caller, after] {
      return must(feed.wait_for_page(caller, after, 100, kForEver));
    });
  }

  KeyRecord key;
  Feed feed{registry->market()};
};

TEST_CASE_FIXTURE(FeedOfTwo, "the feed tells of the catalog, and of nothing else in the log") {
  PolicyRecord policy;
  policy.tenant_id = "acme";
  policy.document = R"({"requireApprovalForAll":true})";
  policy.set_at = utc_now();
  REQUIRE(registry->set_policy(policy, std::nullopt, kActor));
  REQUIRE(registry->set_deprecated("open", "1.0.0", "old", utc_now(), kActor));
  REQUIRE(keep_quarantine(market(), kActor, "open", "1.0.0", "bad", utc_now()));
  REQUIRE(keep_release(market(), kActor, "open", "1.0.0", "looked at it", utc_now()));
  const auto all = page(kPasserBy);
  CHECK(told_in(all) ==
        "published:open@1.0.0 deprecated:open@1.0.0 quarantined:open@1.0.0 released:open@1.0.0");
  CHECK_FALSE(all.has_more);
  CHECK(all.entries[0].publisher_id == "maker");
  CHECK(all.entries[0].key_id == key.key_id);
}

TEST_CASE_FIXTURE(FeedOfTwo, "pages of any size have the same entries, once and in their order") {
  for (int i = 1; i < 8; ++i) publish(i % 2 == 0 ? "open" : "secret", fmt::format("1.{}.0", i));
  for (const Caller& caller : {kPasserBy, kOfTheTenant}) {
    const std::string whole = told_in(page(caller));
    for (const std::uint32_t limit : {1U, 2U, 3U, 7U}) {
      CAPTURE(limit);
      std::string read;
      std::int64_t after = 0;
      while (true) {
        const auto next = page(caller, after, limit);
        CHECK(next.entries.size() <= limit);
        CHECK(next.sequence >= after);
        for (const wire::FeedEntryInfo& e : next.entries) {
          CHECK(e.sequence > after);
          CHECK(e.sequence <= next.sequence);
        }
        if (!next.entries.empty()) read += (read.empty() ? "" : " ") + told_in(next);
        after = next.sequence;
        if (!next.has_more) break;
      }
      CHECK(read == whole);
    }
  }
}

TEST_CASE_FIXTURE(FeedOfTwo, "after the newest there is nothing yet") {
  const std::int64_t newest = page(kPasserBy).sequence;
  const auto nothing = page(kPasserBy, newest);
  CHECK(nothing.entries.empty());
  CHECK(nothing.sequence == newest);
  CHECK_FALSE(nothing.has_more);
}

// As after a restore from an older copy.
TEST_CASE_FIXTURE(FeedOfTwo, "who has read further than there is hears that history was lost") {
  const std::int64_t newest = page(kPasserBy).sequence;
  const auto beyond = page(kPasserBy, newest + 7);
  REQUIRE(beyond.entries.size() == 1);
  CHECK(beyond.entries[0].kind == "history_lost");
  CHECK(beyond.entries[0].resume_after == newest);
  CHECK(beyond.entries[0].sequence == newest);
  CHECK(beyond.sequence == newest);
  const auto waited = must(feed.wait_for_page(kPasserBy, newest + 7, 100, kForEver));
  CHECK(told_in(waited.page) == "history_lost:@");
  publish("open", "1.1.0");
  CHECK(told_in(page(kPasserBy, beyond.sequence)) == "published:open@1.1.0");
}

TEST_CASE_FIXTURE(FeedOfTwo, "a hidden connector is told of to those who see it, and once shown") {
  CHECK(told_in(page(kPasserBy)) == "published:open@1.0.0");
  CHECK(told_in(page(kOfTheTenant)) == "published:open@1.0.0 published:secret@1.0.0");
  REQUIRE(keep_visibility(market(), kActor, nullptr, "secret", {}));
  CHECK(told_in(page(kPasserBy)) ==
        "published:open@1.0.0 published:secret@1.0.0 visibility_changed:secret@");
  REQUIRE(keep_visibility(market(), kActor, nullptr, "open", {"acme"}));
  CHECK(told_in(page(kPasserBy)) == "published:secret@1.0.0 visibility_changed:secret@");
}

TEST_CASE_FIXTURE(FeedOfTwo, "who waits is woken by what it may see, and by nothing else") {
  const std::int64_t newest = page(kPasserBy).sequence;
  auto waits = wait_in_thread(kPasserBy, newest);
  publish("secret", "1.1.0");
  REQUIRE(registry->add_token(token("u", Role::member, "acme"), kActor));
  publish("open", "1.1.0");
  const Feed::Waited answer = waits.get();
  CHECK(answer.had_place);
  CHECK(told_in(answer.page) == "published:open@1.1.0");
}

TEST_CASE_FIXTURE(FeedOfTwo, "a token that is revoked while it waits is told nothing more") {
  const std::int64_t newest = page(kOfTheTenant).sequence;
  auto waits = wait_in_thread(kOfTheTenant, newest);
  REQUIRE(eventually([&] { return feed.waiting() == 1; }));
  REQUIRE(registry->remove_token("t", kActor));
  publish("secret", "1.1.0");
  CHECK(waits.get().page.entries.empty());
}

TEST_CASE_FIXTURE(FeedOfTwo, "what is there is answered at once, also to one who would wait") {
  const auto there = must(feed.wait_for_page(kPasserBy, 0, 100, kForEver));
  CHECK(told_in(there.page) == "published:open@1.0.0");
}

TEST_CASE_FIXTURE(FeedOfTwo, "who waits in vain is answered with how far was read") {
  const std::int64_t newest = page(kPasserBy).sequence;
  publish("secret", "1.1.0");
  const auto nothing = must(feed.wait_for_page(kPasserBy, newest, 100, 1ms));
  CHECK(nothing.page.entries.empty());
  CHECK(nothing.page.sequence > newest);
}

TEST_CASE_FIXTURE(FeedOfTwo, "without a place to wait one is answered at once") {
  const std::int64_t newest = page(kPasserBy).sequence;
  // Each waits until it has a place: the look below may have taken it for a moment.
  std::vector<std::future<Feed::Waited>> held;
  for (int i = 0; i < Feed::kMostFromAddress; ++i) {
    held.push_back(std::async(std::launch::async, [&] {
      Feed::Waited answer;
      do answer = must(feed.wait_for_page(kPasserBy, newest, 100, kForEver));
      while (!answer.had_place);
      return answer;
    }));
  }
  const auto is_full = [&] {
    return !must(feed.wait_for_page(kPasserBy, newest, 100, 1ms)).had_place;
  };
  REQUIRE(eventually(is_full));
  const auto turned_away = must(feed.wait_for_page(kPasserBy, newest, 100, kForEver));
  CHECK_FALSE(turned_away.had_place);
  CHECK(turned_away.page.entries.empty());
  // From elsewhere there are places yet.
  CHECK(must(feed.wait_for_page(kOfTheTenant, page(kOfTheTenant).sequence, 100, 1ms)).had_place);

  feed.stop();  // nobody waits for a daemon that stops
  for (auto& one : held) CHECK(one.get().page.entries.empty());
  CHECK(must(feed.wait_for_page(kPasserBy, newest, 100, kForEver)).page.entries.empty());
}

}  // namespace
}  // namespace mkt
