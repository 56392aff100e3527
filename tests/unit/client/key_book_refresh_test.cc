// KeyBook asks a registry: what changed is taken, what contradicts is refused and kept as evidence.
#include <doctest/doctest.h>

#include "tests/unit/client/fake_registry.h"
#include "tests/unit/client/key_book_fixture.h"

namespace mkt {
namespace {

constexpr std::int64_t kFromTheAir = std::int64_t{1} << 62;

struct RefreshFixture : KeyBookFixture {
  // What the registry has at that number; `changed_last` is what its newest change was to.
  void registry_has(std::int64_t sequence, const std::vector<wire::KeyInfo>& keys,
                    const std::vector<wire::KeyInfo>& changed_last, std::int64_t since) {
    wire::KeyListing all;
    all.sequence = sequence;
    all.keys = keys;
    registry.answer("/v1/keys", dump_json(all.to_json()));
    wire::KeyListing delta;
    delta.sequence = sequence;
    delta.since = since;
    delta.keys = changed_last;
    registry.answer(fmt::format("/v1/keys?since={}", since), dump_json(delta.to_json()));
  }
  Result<KeyBook> open() {
    const Settings settings = registry.settings();
    RegistryClient client(settings);
    return KeyBook::open(client, folder.path(), settings.registry, false, now);
  }
  std::vector<std::string> evidence() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      const std::string name = entry.path().filename().string();
      if (name.find(".refused-") != std::string::npos) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  static wire::KeyInfo revoked(wire::KeyInfo key) {
    key.status = "revoked";
    key.revoked_at = "2026-02-01T00:00:00.000Z";
    key.reason_code = "superseded";
    return key;
  }

  FakeRegistry registry;
  const wire::KeyInfo first = entry("acme", 1);
  const wire::KeyInfo second = entry("acme", 2);
};

TEST_CASE_FIXTURE(RefreshFixture, "the same list again is confirmed, and nothing is refused") {
  registry_has(2, {first, second}, {second}, 1);
  REQUIRE(open());
  const auto again = open();
  REQUIRE(again);
  CHECK(again->is_fresh());
  CHECK(again->sequence() == 2);
  CHECK(evidence().empty());
}

TEST_CASE_FIXTURE(RefreshFixture, "another list of the same number is a fork, and both stay") {
  registry_has(2, {first, second}, {second}, 1);
  REQUIRE(open());
  SUBCASE("another key in the place of the newest") {
    const wire::KeyInfo stranger = entry("other", 2);
    registry_has(2, {first, stranger}, {stranger}, 1);
  }
  SUBCASE("another state of the newest") { registry_has(2, {first}, {revoked(second)}, 1); }
  SUBCASE("a whole list that lacks one") {
    registry_has(2, {first}, {}, 1);
    registry.answer("/v1/keys?since=1", R"({"sequence": 2, "keys": []})");
  }
  const auto forked = open();
  REQUIRE_FALSE(forked);
  CHECK(forked.error().code == ErrorCode::keys_rolled_back);
  CHECK(exit_status(forked.error().code) == ExitStatus::stale);
  REQUIRE(evidence().size() == 2);
  CHECK(evidence()[0].ends_with(".refused-2.kept"));
  CHECK(evidence()[1].ends_with(".refused-2.sent"));
  const std::string kept = *read_file(folder.path() / evidence()[0], 1 << 20);
  CHECK(kept.find(second.key_id) != std::string::npos);
  // What was believed is believed still.
  CHECK(
      KeyBook::read(folder.path(), registry.settings().registry)->find(second.key_id)->has_value());
}

TEST_CASE_FIXTURE(RefreshFixture, "a key that expired meanwhile is no other list") {
  registry_has(2, {first, second}, {second}, 1);
  REQUIRE(open());
  wire::KeyInfo expired = second;
  expired.status = "expired";
  registry_has(2, {first, expired}, {expired}, 1);
  CHECK(open());
  CHECK(evidence().empty());
}

TEST_CASE_FIXTURE(RefreshFixture, "a number from the air locks nobody out") {
  SUBCASE("in the first list") {
    registry_has(kFromTheAir, {first, second}, {}, 1);
    REQUIRE(open());
    registry_has(2, {first, second}, {}, kFromTheAir - 1);
  }
  SUBCASE("in a later one, with nothing that explains it") {
    registry_has(2, {first, second}, {second}, 1);
    REQUIRE(open());
    registry_has(kFromTheAir, {first, second}, {second}, 1);
    const auto raised = open();
    REQUIRE(raised);
    CHECK(raised->sequence() == 2);
    registry_has(2, {first, second}, {second}, 1);
  }
  const auto honest = open();
  REQUIRE(honest);
  CHECK(honest->sequence() == 2);
  CHECK(honest->is_fresh());
  registry_has(3, {first, revoked(second)}, {second, revoked(second)}, 9);
  wire::KeyListing delta;
  delta.sequence = 3;
  delta.since = 1;
  delta.keys = {revoked(second)};
  registry.answer("/v1/keys?since=1", dump_json(delta.to_json()));
  const auto later = open();
  REQUIRE(later);
  CHECK(later->sequence() == 3);
  CHECK((*later->find(second.key_id))->status == "revoked");
}

TEST_CASE_FIXTURE(RefreshFixture, "a lower number that lacks what was seen is a way back") {
  registry_has(3, {first, revoked(second)}, {revoked(second)}, 2);
  REQUIRE(open());
  SUBCASE("a revocation is undone") { registry_has(2, {first, second}, {}, 2); }
  SUBCASE("a key is gone") { registry_has(1, {first}, {}, 2); }
  SUBCASE("everything is gone") { registry_has(0, {}, {}, 2); }
  const auto back = open();
  REQUIRE_FALSE(back);
  CHECK(back.error().code == ErrorCode::keys_rolled_back);
  CHECK(back.error().message.find("was seen before") != std::string::npos);
  CHECK(evidence().size() == 2);
}

TEST_CASE_FIXTURE(RefreshFixture, "a compromise is never moved to later") {
  wire::KeyInfo compromised = revoked(second);
  compromised.reason_code = "compromised";
  compromised.compromised_sequence = 5;
  registry_has(9, {first, compromised}, {compromised}, 8);
  REQUIRE(open());
  compromised.compromised_sequence = 7;
  registry_has(10, {first, compromised}, {compromised}, 8);
  CHECK(open().error().code == ErrorCode::keys_rolled_back);
}

}  // namespace
}  // namespace mkt
