// Challenges: ours, for one publisher, for five minutes.
#include "daemon/service/challenges.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

struct ChallengesFixture {
  Challenges challenges;
  PublisherId acme = *PublisherId::parse("acme");
  UtcTime now = *parse_utc("2026-01-31T12:00:00Z");
};

TEST_CASE_FIXTURE(ChallengesFixture, "a challenge is good for its publisher until it is too old") {
  const std::string challenge = challenges.issue(acme, now);
  CHECK(challenges.check(challenge, acme, now));
  CHECK(challenges.check(challenge, acme, now + Challenges::kValidFor));
  CHECK_FALSE(challenges.check(challenge, acme,
                               now + Challenges::kValidFor + std::chrono::milliseconds(1)));
  CHECK_FALSE(challenges.check(challenge, *PublisherId::parse("acme2"), now));
  CHECK(challenges.issue(acme, now) != challenge);
}

TEST_CASE_FIXTURE(ChallengesFixture, "a challenge that was changed or made elsewhere is refused") {
  const std::string challenge = challenges.issue(acme, now);
  for (std::size_t i = 0; i < challenge.size(); ++i) {
    std::string changed = challenge;
    changed[i] = changed[i] == '1' ? '2' : '1';
    CAPTURE(changed);
    CHECK(challenges.check(changed, acme, now).error().code == ErrorCode::key_proof_invalid);
  }
  CHECK_FALSE(Challenges().check(challenge, acme, now));
  for (const char* text : {"", ".", "..", "1.2.3", "garbage"})
    CHECK_FALSE(challenges.check(text, acme, now));
}

}  // namespace
}  // namespace mkt
