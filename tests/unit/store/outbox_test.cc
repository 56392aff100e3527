// The outbox: what is noted, once, and what leaves it.
#include "daemon/store/outbox.h"

#include "tests/unit/store/store_fixture.h"

namespace mkt {
namespace {

struct OutboxFixture : StoreFixture {
  std::vector<OutboxEntry> waiting() {
    auto entries = store->outbox(1000, 1 << 20);
    REQUIRE(entries);
    return std::move(*entries);
  }
  void send_all() {
    std::vector<std::int64_t> seqs;
    for (const OutboxEntry& entry : waiting()) seqs.push_back(entry.seq);
    REQUIRE(store->outbox_sent(seqs));
  }
};

TEST_CASE_FIXTURE(OutboxFixture, "without a mirror nothing is noted") {
  add_publisher("acme");
  CHECK(waiting().empty());
}

TEST_CASE_FIXTURE(OutboxFixture,
                  "what was there before is noted at the start, which may be tried again") {
  add_publisher("acme");
  REQUIRE(store->start_outbox());
  CHECK(store->log({})->size() == 2);
  CHECK(waiting().size() == 3);  // the publisher and the log's entries
  REQUIRE(store->start_outbox());
  CHECK(waiting().size() == 3);
}

TEST_CASE_FIXTURE(OutboxFixture,
                  "a document that changes again waits once, and only sent changes leave") {
  REQUIRE(store->start_outbox());
  add_publisher("acme");
  const auto first = waiting();
  REQUIRE(store->set_publisher_verified("acme", true, utc_now(), kActor));
  const DocumentName acme{DocumentKind::publisher, {"acme"}};
  const auto now = waiting();
  CHECK(std::count_if(now.begin(), now.end(), [&](const auto& e) { return e.name == acme; }) == 1);
  std::vector<std::int64_t> seqs;
  for (const OutboxEntry& entry : first) seqs.push_back(entry.seq);
  REQUIRE(store->outbox_sent(seqs));
  const auto left = waiting();
  const auto found =
      std::find_if(left.begin(), left.end(), [&](const auto& e) { return e.name == acme; });
  REQUIRE(found != left.end());
  CHECK((*found->content)["verified"] == true);
  CHECK((*found->content)["publicKeys"].size() == 1);
}

TEST_CASE_FIXTURE(OutboxFixture, "after a time without a mirror everything is noted again") {
  REQUIRE(store->start_outbox());
  add_publisher("acme");
  send_all();
  reopen();
  REQUIRE(store->stop_outbox());
  add_publisher("other");
  reopen();
  REQUIRE(store->start_outbox());
  CHECK(waiting().size() == 6);
}

TEST_CASE_FIXTURE(OutboxFixture, "what is parked waits no more, until it changes") {
  REQUIRE(store->start_outbox());
  add_publisher("acme");
  for (const OutboxEntry& entry : waiting()) REQUIRE(store->park(entry.seq, "too large"));
  CHECK(waiting().empty());
  CHECK(store->outbox_counts()->parked == 3);
  REQUIRE(store->set_publisher_verified("acme", true, utc_now(), kActor));
  CHECK(store->outbox_counts()->parked == 2);  // the log's entries never change
}

}  // namespace
}  // namespace mkt
