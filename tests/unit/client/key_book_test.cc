// KeyBook's files: finding in them, and not believing what is older or damaged.
#include "cli/client/key_book.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>

#include "tests/unit/client/key_book_fixture.h"

namespace mkt {
namespace {

TEST_CASE_FIXTURE(KeyBookFixture, "every key is found, and no other") {
  for (const std::size_t count : {0U, 1U, 2U, 3U, 1000U}) {
    CAPTURE(count);
    std::vector<wire::KeyInfo> keys;
    for (std::size_t i = 0; i < count; ++i) keys.push_back(entry(fmt::format("p{:04}", i * 2), 1));
    write(7, keys);
    const auto book = KeyBook::read(folder.path(), kOrigin);
    REQUIRE(book);
    CHECK(book->sequence() == 7);
    for (const auto& key : keys) {
      const auto found = book->find(key.key_id);
      REQUIRE(found);
      REQUIRE(*found);
      CHECK((*found)->public_key == key.public_key);
    }
    for (std::size_t i = 0; i <= count; ++i) {
      CHECK_FALSE(*book->find(fmt::format("p{:04}:0000000000000001", i * 2 + 1)));
    }
    CHECK_FALSE(*book->find("a:0"));
    CHECK_FALSE(*book->find("zzz:0"));
  }
}

TEST_CASE_FIXTURE(KeyBookFixture, "a publisher's keys are its own, not those of longer names") {
  write(1, {entry("acme", 1), entry("acme", 2), entry("acme-labs", 1), entry("acm", 1)});
  const auto book = KeyBook::read(folder.path(), kOrigin);
  REQUIRE(book);
  CHECK(book->of_publisher(*PublisherId::parse("acme"))->size() == 2);
  CHECK(book->of_publisher(*PublisherId::parse("acme-labs"))->size() == 1);
  CHECK(book->of_publisher(*PublisherId::parse("nobody"))->empty());
}

TEST_CASE_FIXTURE(KeyBookFixture, "whoever registered a key is found by its whole fingerprint") {
  // The same key again, at another publisher.
  wire::KeyInfo again = entry("acme", 1);
  again.publisher_id = "others";
  again.key_id = KeyId::of(*PublisherId::parse("others"), again.fingerprint).text();
  write(1, {entry("acme", 1), again, entry("acme", 2), entry("zeta", 1)});
  const auto book = KeyBook::read(folder.path(), kOrigin);
  REQUIRE(book);
  CHECK(book->with_fingerprint(again.fingerprint)->size() == 2);
  const auto last = book->with_fingerprint(entry("zeta", 1).fingerprint);
  REQUIRE(last);
  REQUIRE(last->size() == 1);
  CHECK((*last)[0].publisher_id == "zeta");
  CHECK(book->with_fingerprint(again.fingerprint.substr(0, 16))->empty());
  CHECK(book->with_fingerprint("acme")->empty());
}

TEST_CASE_FIXTURE(KeyBookFixture, "a kept list older than one seen before is refused") {
  write(7, {entry("acme", 1)});
  write_seen(8, now);
  CHECK(KeyBook::read(folder.path(), kOrigin).error().code == ErrorCode::keys_rolled_back);
  write_seen(7, now);
  CHECK(KeyBook::read(folder.path(), kOrigin));
  CHECK(KeyBook::read(folder.path(), "http://other.example").error().code == ErrorCode::not_found);
}

TEST_CASE_FIXTURE(KeyBookFixture, "a list that is damaged is said to be, wherever it is cut") {
  write(7, {entry("acme", 1), entry("others", 2)});
  const std::string whole = *read_file(keys_file(), 1 << 20);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    std::ofstream(keys_file(), std::ios::trunc) << whole.substr(0, length);
    const auto book = KeyBook::read(folder.path(), kOrigin);
    REQUIRE_FALSE(book);
    CHECK(book.error().code == ErrorCode::data_damaged);
  }
  std::filesystem::remove(keys_file());
  CHECK(KeyBook::read(folder.path(), kOrigin).error().code == ErrorCode::data_damaged);
}

TEST_CASE_FIXTURE(KeyBookFixture, "age: silent when fresh, told when kept, warned, refused") {
  write(7, {});
  const auto book = KeyBook::read(folder.path(), kOrigin);
  REQUIRE(book);
  using std::chrono::hours;
  CHECK(book->remark(now + hours(2)).find("120 minutes old") != std::string::npos);
  CHECK(book->remark(now + hours(24 * 6)).find("revocation") == std::string::npos);
  CHECK(book->remark(now + hours(24 * 8)).find("revocation") != std::string::npos);
  CHECK(book->check_age(now + hours(24 * 30)));
  CHECK(book->check_age(now + hours(24 * 30 + 1)).error().code == ErrorCode::stale_keys);
}

TEST_CASE_FIXTURE(KeyBookFixture, "forgetting leaves nothing") {
  write(7, {});
  REQUIRE(KeyBook::forget(folder.path(), kOrigin));
  CHECK(KeyBook::read(folder.path(), kOrigin).error().code == ErrorCode::not_found);
  CHECK(KeyBook::forget(folder.path(), kOrigin));
}

}  // namespace
}  // namespace mkt
