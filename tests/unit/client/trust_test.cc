// Whom to believe: compromise by sequence, pins, and the way from a pinned key to its successors.
#include "cli/client/trust.h"

#include <doctest/doctest.h>

#include "common/base/encoding.h"
#include "common/signing/key_proof.h"
#include "tests/unit/client/key_book_fixture.h"

namespace mkt {
namespace {

struct TrustFixture : KeyBookFixture {
  PublisherId acme = *PublisherId::parse("acme");
  Checksum checksum = Checksum::of(as_bytes("tarball"));

  static wire::KeyInfo compromised(wire::KeyInfo key, std::int64_t since) {
    key.status = "revoked";
    key.reason_code = "compromised";
    key.compromised_sequence = since;
    return key;
  }
  wire::KeyInfo endorsed(wire::KeyInfo key, int by, int n) const {
    const SecretKey endorser = secret("acme", by);
    key.endorsed_by = KeyId::of(acme, endorser.public_key().fingerprint()).text();
    key.endorsement = to_base64(endorser.sign(
        endorsement_text(acme, endorser.public_key(), secret("acme", n).public_key())));
    return key;
  }
  Trust trust(const std::vector<wire::KeyInfo>& keys, std::vector<int> pinned = {},
              bool require = false) const {
    write(100, keys);
    std::filesystem::remove(folder.path() / "trust.json");
    Pins pins = *Pins::read(folder.path() / "trust.json", kOrigin);
    for (const int n : pinned) {
      REQUIRE(pins.add(acme, secret("acme", n).public_key(), now));
    }
    return Trust(*KeyBook::read(folder.path(), kOrigin),
                 *Pins::read(folder.path() / "trust.json", kOrigin), require);
  }
  Result<Trusted> check(const Trust& t, int n,
                        std::optional<std::int64_t> sequence = std::nullopt) const {
    return t.check(sign_checksum(secret("acme", n), acme, checksum, now), checksum, sequence);
  }
  static ErrorCode code(const Result<Trusted>& result) {
    REQUIRE_FALSE(result);
    return result.error().code;
  }
};

TEST_CASE_FIXTURE(TrustFixture, "a registered key is believed, an unknown one is not") {
  const Trust t = trust({entry("acme", 1)});
  CHECK(check(t, 1)->remark.empty());
  CHECK(code(check(t, 2)) == ErrorCode::key_unknown);
}

TEST_CASE_FIXTURE(TrustFixture, "another key under the same id is not believed") {
  wire::KeyInfo false_entry = entry("acme", 1);
  false_entry.public_key = entry("acme", 2).public_key;
  CHECK(code(check(trust({false_entry}), 1)) == ErrorCode::signature_invalid);
}

TEST_CASE_FIXTURE(TrustFixture, "a compromised key stands for what was accepted before, no more") {
  const Trust t = trust({compromised(entry("acme", 1), 50)});
  CHECK(check(t, 1, 49));
  CHECK(code(check(t, 1, 50)) == ErrorCode::key_revoked);
  CHECK(code(check(t, 1, 51)) == ErrorCode::key_revoked);
  // What is not known never reads as "before".
  CHECK(code(check(t, 1, 0)) == ErrorCode::key_revoked);
  CHECK(code(check(t, 1, -1)) == ErrorCode::key_revoked);
  CHECK(code(check(t, 1)) == ErrorCode::key_revoked);
  CHECK(code(check(trust({compromised(entry("acme", 1), 0)}), 1, 1)) == ErrorCode::key_revoked);
}

TEST_CASE_FIXTURE(TrustFixture, "a retired or superseded key is believed, and it is said") {
  wire::KeyInfo key = entry("acme", 1);
  key.status = "retired";
  CHECK(check(trust({key}), 1)->remark.find("retired") != std::string::npos);
  key.status = "revoked";
  key.reason_code = "superseded";
  key.reason = "new laptop";
  CHECK(check(trust({key}), 1)->remark.find("new laptop") != std::string::npos);
}

TEST_CASE_FIXTURE(TrustFixture,
                  "without a pin a publisher is refused only where pins are required") {
  CHECK(check(trust({entry("acme", 1)}), 1));
  CHECK(code(check(trust({entry("acme", 1)}, {}, true), 1)) == ErrorCode::key_untrusted);
  CHECK(check(trust({entry("acme", 1)}, {1}, true), 1));
}

TEST_CASE_FIXTURE(TrustFixture, "a pinned publisher's other key needs the pinned one's word") {
  const auto refused = check(trust({entry("acme", 1), entry("acme", 2)}, {1}), 2);
  CHECK(code(refused) == ErrorCode::pinned_key_changed);
  CHECK(refused.error().message.find(entry("acme", 1).fingerprint) != std::string::npos);
  CHECK(refused.error().message.find(entry("acme", 2).fingerprint) != std::string::npos);
  CHECK(check(trust({entry("acme", 1), endorsed(entry("acme", 2), 1, 2)}, {1}), 2));
  // Through several rotations, from any pinned key.
  const std::vector<wire::KeyInfo> chain = {entry("acme", 1), endorsed(entry("acme", 2), 1, 2),
                                            endorsed(entry("acme", 3), 2, 3)};
  CHECK(check(trust(chain, {1}), 3));
  CHECK(check(trust(chain, {2}), 3));
  CHECK(code(check(trust(chain, {3}), 1)) == ErrorCode::pinned_key_changed);
}

TEST_CASE_FIXTURE(TrustFixture,
                  "an endorsement that the pinned key did not make is worth nothing") {
  wire::KeyInfo second = endorsed(entry("acme", 2), 3, 2);  // signed by 3,
  second.endorsed_by = entry("acme", 1).key_id;             // said to be by 1
  CHECK(code(check(trust({entry("acme", 1), second}, {1}), 2)) == ErrorCode::pinned_key_changed);
  // Made for another key.
  wire::KeyInfo third = endorsed(entry("acme", 3), 1, 2);
  CHECK(code(check(trust({entry("acme", 1), third}, {1}), 3)) == ErrorCode::pinned_key_changed);
}

TEST_CASE_FIXTURE(TrustFixture, "what a compromised key endorsed since is not followed") {
  const wire::KeyInfo second = endorsed(entry("acme", 2), 1, 2);  // added at 2
  CHECK(check(trust({compromised(entry("acme", 1), 3), second}, {1}), 2, 90));
  CHECK(code(check(trust({compromised(entry("acme", 1), 2), second}, {1}), 2, 90)) ==
        ErrorCode::pinned_key_changed);
}

TEST_CASE_FIXTURE(TrustFixture, "keys that endorse each other in a circle end the search") {
  CHECK(code(check(trust({endorsed(entry("acme", 1), 2, 1), endorsed(entry("acme", 2), 1, 2),
                          entry("acme", 3)},
                         {3}),
                   2)) == ErrorCode::pinned_key_changed);
}

TEST_CASE_FIXTURE(TrustFixture,
                  "pins are kept for each registry by itself, and can be taken away") {
  const auto file = folder.path() / "trust.json";
  Pins here = *Pins::read(file, kOrigin);
  Pins there = *Pins::read(file, "https://other.example");
  REQUIRE(here.add(acme, secret("acme", 1).public_key(), now));
  REQUIRE(there.add(acme, secret("acme", 2).public_key(), now));
  CHECK(Pins::read(file, kOrigin)->of(acme) == std::vector{secret("acme", 1).public_key()});
  CHECK(*here.remove(acme));
  CHECK_FALSE(*here.remove(acme));
  CHECK(Pins::read(file, kOrigin)->of(acme).empty());
  CHECK(Pins::read(file, "https://other.example")->of(acme).size() == 1);
  std::ofstream(file, std::ios::trunc) << "{\"" << kOrigin << "\": {\"acme\": 1}}";
  CHECK(Pins::read(file, kOrigin).error().code == ErrorCode::data_damaged);
}

}  // namespace
}  // namespace mkt
