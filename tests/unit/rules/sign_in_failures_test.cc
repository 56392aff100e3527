#include "daemon/rules/sign_in_failures.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace mkt {
namespace {

using namespace std::chrono_literals;

const UtcTime kStart = from_unix_ms(1'700'000'000'000);

TEST_CASE("the first failed sign-in of an address is told at once") {
  SignInFailures failures;
  failures.add("192.0.2.1", "0123456789ab", kStart);
  CHECK(failures.waits());
  const auto told = failures.take(kStart);
  REQUIRE(told.size() == 1);
  CHECK(told[0].address == "192.0.2.1");
  CHECK(told[0].token_id == "0123456789ab");
  CHECK(told[0].count == 1);
  CHECK(told[0].since == kStart);
  CHECK_FALSE(failures.waits());
}

TEST_CASE("what follows from the same address is told together, ten minutes later") {
  SignInFailures failures;
  failures.add("192.0.2.1", "", kStart);
  failures.take(kStart);
  for (int i = 1; i <= 500; ++i) failures.add("192.0.2.1", "", kStart + i * 1s);
  CHECK(failures.take(kStart + 599s).empty());
  CHECK(failures.waits());
  const auto told = failures.take(kStart + 600s);
  REQUIRE(told.size() == 1);
  CHECK(told[0].count == 500);
  CHECK(told[0].since == kStart + 1s);
}

TEST_CASE("a token that is named is told of, whatever else fails beside it") {
  SignInFailures failures;
  failures.add("192.0.2.1", "", kStart);
  failures.take(kStart);
  for (const char* token : {"", "0123456789ab", "", "ba9876543210", ""}) {
    failures.add("192.0.2.1", token, kStart + 1s);
  }
  const auto told = failures.take(kStart + 600s);
  REQUIRE(told.size() == 1);
  CHECK(told[0].token_id == "0123456789ab");
  CHECK(told[0].count == 5);
  failures.add("192.0.2.1", "", kStart + 601s);
  CHECK(failures.take(kStart + 1200s).front().token_id.empty());
}

TEST_CASE("an address that was quiet for long is told at once again") {
  SignInFailures failures;
  failures.add("192.0.2.1", "", kStart);
  failures.take(kStart);
  CHECK(failures.take(kStart + 10min).empty());
  failures.add("192.0.2.1", "", kStart + 11min);
  CHECK(failures.take(kStart + 11min).size() == 1);
}

TEST_CASE("many addresses add few entries, and none of their failures is left out") {
  SignInFailures failures;
  std::size_t entries = 0;
  std::uint64_t count = 0;
  const auto take = [&](UtcTime now, bool all = false) {
    for (const SignInFailure& f : failures.take(now, all)) {
      ++entries;
      count += f.count;
    }
  };
  UtcTime now = kStart;
  for (int i = 0; i < 60'000; ++i, now += 10ms) {  // ten minutes
    failures.add(fmt::format("198.51.{}.{}", i / 250 % 250, i % 250), "", now);
    if (i % 100 == 0) take(now);
  }
  CHECK(entries <= 2 * SignInFailures::kAddresses + 1);
  take(now, true);
  CHECK(count == 60'000);
  CHECK_FALSE(failures.waits());
}

TEST_CASE("a clock that goes back does not keep failures from being told") {
  SignInFailures failures;
  failures.add("192.0.2.1", "", kStart);
  failures.take(kStart);
  failures.add("192.0.2.1", "", kStart - 1h);
  CHECK(failures.take(kStart - 1h).size() == 1);
}

}  // namespace
}  // namespace mkt
