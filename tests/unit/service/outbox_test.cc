// The outbox: what is noted, once, and what leaves it.
#include "daemon/service/outbox.h"

#include "tests/unit/service/registry_fixture.h"

namespace mkt {
namespace {

struct OutboxFixture : RegistryFixture {
  std::vector<OutboxEntry> waiting() {
    auto entries = registry->outbox(1000, 1 << 20);
    REQUIRE(entries);
    return std::move(*entries);
  }
  void send_all() { REQUIRE(registry->outbox_sent(waiting())); }
};

TEST_CASE_FIXTURE(OutboxFixture, "without a mirror nothing is noted") {
  add_publisher("acme");
  CHECK(waiting().empty());
}

TEST_CASE_FIXTURE(OutboxFixture, "a change before the mirror has begun its work is noted too") {
  REQUIRE(registry->start_outbox());
  add_publisher("acme");
  send_all();
  reopen();  // the daemon is started again, and is changed at once
  registry->market().mirrored = true;
  add_publisher("other");
  CHECK(waiting().size() == 3);
  REQUIRE(registry->start_outbox());
  CHECK(waiting().size() == 3);
}

TEST_CASE_FIXTURE(OutboxFixture,
                  "what was there before is noted at the start, which may be tried again") {
  add_publisher("acme");
  REQUIRE(registry->start_outbox());
  CHECK(registry->log({})->size() == 2);
  CHECK(waiting().size() == 3);  // the publisher and the log's entries
  REQUIRE(registry->start_outbox());
  CHECK(waiting().size() == 3);
}

TEST_CASE_FIXTURE(OutboxFixture,
                  "a document that changes again is given once, and only sent changes leave") {
  REQUIRE(registry->start_outbox());
  add_publisher("acme");
  const auto first = waiting();
  REQUIRE(registry->set_publisher_verified("acme", true, kActor));
  const DocumentName acme{DocumentKind::publisher, {"acme"}};
  const auto now = waiting();
  CHECK(std::count_if(now.begin(), now.end(), [&](const auto& e) { return e.name == acme; }) == 1);
  REQUIRE(registry->outbox_sent(first));
  const auto left = waiting();
  const auto found =
      std::find_if(left.begin(), left.end(), [&](const auto& e) { return e.name == acme; });
  REQUIRE(found != left.end());
  CHECK((*found->content)["verified"] == true);
  CHECK((*found->content)["publicKeys"].size() == 1);
  send_all();
  CHECK(registry->outbox_counts()->waiting == 0);
}

TEST_CASE_FIXTURE(OutboxFixture,
                  "a document stands for all of its changes, with the newest's place") {
  REQUIRE(registry->start_outbox());
  add_publisher("acme");
  send_all();
  for (const bool verified : {true, false, true}) {
    REQUIRE(registry->set_publisher_verified("acme", verified, kActor));
  }
  CHECK(registry->outbox_counts()->waiting == 6);  // and three entries of the log
  const auto entries = waiting();
  REQUIRE(entries.size() == 4);
  std::int64_t newest = 0;
  for (const OutboxEntry& entry : entries) newest = std::max(newest, entry.seq);
  const auto found = std::find_if(entries.begin(), entries.end(), [](const auto& e) {
    return e.name.kind == DocumentKind::publisher;
  });
  REQUIRE(found != entries.end());
  CHECK(found->earlier.size() == 2);
  CHECK(found->seq >= newest - 1);
  // Fewer documents than there are, and the rest at the next look.
  const auto some = *registry->outbox(2, 1 << 20);
  CHECK(some.size() == 2);
  REQUIRE(registry->outbox_sent(some));
  CHECK(waiting().size() >= 2);
}

TEST_CASE_FIXTURE(OutboxFixture, "after a time without a mirror everything is noted again") {
  REQUIRE(registry->start_outbox());
  add_publisher("acme");
  send_all();
  reopen();
  REQUIRE(registry->stop_outbox());
  add_publisher("other");
  reopen();
  REQUIRE(registry->start_outbox());
  CHECK(waiting().size() == 6);
}

TEST_CASE_FIXTURE(OutboxFixture, "what is parked waits no more, until it changes") {
  REQUIRE(registry->start_outbox());
  add_publisher("acme");
  for (const OutboxEntry& entry : waiting()) REQUIRE(registry->park(entry, "too large"));
  CHECK(waiting().empty());
  CHECK(registry->outbox_counts()->parked == 3);
  REQUIRE(registry->set_publisher_verified("acme", true, kActor));
  const auto changed = waiting();
  REQUIRE(changed.size() == 2);  // the publisher, and a new entry of the log
  // Refused again it is parked once, with the newer reason; taken, it is parked no more.
  for (const OutboxEntry& entry : changed) REQUIRE(registry->park(entry, "still too large"));
  CHECK(registry->outbox_counts()->parked == 4);
  REQUIRE(registry->set_publisher_verified("acme", false, kActor));
  send_all();
  CHECK(registry->outbox_counts()->parked == 3);
}

}  // namespace
}  // namespace mkt
