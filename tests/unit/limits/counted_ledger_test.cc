#include "daemon/limits/counted_ledger.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace mkt {
namespace {

using namespace std::chrono_literals;

const LimitKey kKey{LimitScope::publish, "publisher:acme"};
const CountedLedger::TimePoint kStart{std::chrono::hours(1000)};

std::uint32_t total(const CountedLedger& ledger, CountedLedger::TimePoint now) {
  std::uint32_t count = 0;
  for (const CountedKey& key : ledger.in_window(now)) {
    for (const CountedPart& part : key.parts) count += part.count;
  }
  return count;
}

TEST_CASE("requests are kept for as long as their window") {
  CountedLedger ledger;
  const Limit limit{10, 1min};
  ledger.count(kKey, limit, 1, kStart);
  ledger.count(kKey, limit, 2, kStart + 30s);
  CHECK(total(ledger, kStart + 59s) == 2);
  CHECK(total(ledger, kStart + 60s) == 1);
  CHECK(total(ledger, kStart + 90s) == 0);
}

TEST_CASE("of slices the count is kept, and the time of the last request") {
  CountedLedger ledger;
  const Limit limit{1000, 64s};
  for (int i = 0; i < 5; ++i) {
    ledger.count(kKey, limit, 7, kStart + std::chrono::milliseconds(100 * i));
  }
  ledger.count(kKey, limit, 8, kStart + 1s);
  ledger.count(kKey, limit, 7, kStart + 300ms);  // came late
  const auto all = ledger.in_window(kStart + 2s);
  REQUIRE(all.size() == 1);
  REQUIRE(all[0].parts.size() == 2);
  CHECK(all[0].parts[0].number == 7);
  CHECK(all[0].parts[0].count == 6);
  CHECK(all[0].parts[0].last == kStart + 400ms);
  CHECK(all[0].parts[1].count == 1);
}

TEST_CASE("another form of the limit begins anew, another number of requests does not") {
  CountedLedger ledger;
  ledger.count(kKey, {10, 1min}, 1, kStart);
  ledger.count(kKey, {20, 1min}, 2, kStart);
  CHECK(total(ledger, kStart) == 2);
  ledger.count(kKey, {200, 1min}, 3, kStart);
  CHECK(total(ledger, kStart) == 1);
}

TEST_CASE("what was reset is not kept") {
  CountedLedger ledger;
  ledger.count(kKey, {10, 1min}, 1, kStart);
  ledger.forget(kKey);
  CHECK(ledger.in_window(kStart).empty());
}

TEST_CASE("there are never more than so many, and who is asked for stays") {
  CountedLedger ledger(1000);
  const Limit limit{10, 1min};
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    ledger.count({LimitScope::search, "address:" + std::to_string(i)}, limit, i, kStart);
    if (i % 2000 == 0) ledger.count(kKey, limit, i, kStart);
    if (i % 100 == 0) ledger.count({LimitScope::search, "address:busy"}, {100, 1min}, i, kStart);
  }
  const auto all = ledger.in_window(kStart);
  CHECK(total(ledger, kStart) <= 1100);
  CHECK(std::any_of(all.begin(), all.end(), [](const CountedKey& key) {
    return key.key.subject == "address:busy" && key.parts.size() == 100;
  }));
}

}  // namespace
}  // namespace mkt
