// What a revocation changes.
#include "daemon/rules/revocation.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

const UtcTime kThen = *parse_utc("2026-01-31T12:00:00Z");

Revocation revocation(ReasonCode code, std::optional<UtcTime> since = std::nullopt) {
  return {"acme:0123456789abcdef", code, "why", since, kThen};
}

TEST_CASE("only a compromise takes back what was accepted before") {
  KeyRecord key;
  for (const ReasonCode code :
       {ReasonCode::unspecified, ReasonCode::superseded, ReasonCode::cessation}) {
    const RevocationPlan plan = plan_revocation(key, revocation(code), std::nullopt);
    CHECK(plan.changes);
    CHECK_FALSE(plan.compromised_seq);
  }
  CHECK(plan_revocation(key, revocation(ReasonCode::compromised), {}).compromised_seq == 0);
}

TEST_CASE("compromised since a moment: from the log's first entry since then") {
  const KeyRecord key;
  const Revocation since = revocation(ReasonCode::compromised, kThen);
  CHECK(plan_revocation(key, since, 7).compromised_seq == 7);
  // Where nothing has happened since, from the revocation itself.
  CHECK(plan_revocation(key, since, std::nullopt).compromised_seq == kOwnNumber);
}

TEST_CASE("a revoked key changes only where the new revocation is graver") {
  KeyRecord key;
  key.status = KeyStatus::revoked;
  CHECK_FALSE(plan_revocation(key, revocation(ReasonCode::superseded), {}).changes);
  CHECK(plan_revocation(key, revocation(ReasonCode::compromised, kThen), 9).changes);
  key.compromised_seq = 9;
  CHECK_FALSE(plan_revocation(key, revocation(ReasonCode::compromised, kThen), 9).changes);
  CHECK_FALSE(plan_revocation(key, revocation(ReasonCode::compromised, kThen), {}).changes);
  CHECK(plan_revocation(key, revocation(ReasonCode::compromised, kThen), 8).changes);
  CHECK(plan_revocation(key, revocation(ReasonCode::compromised), {}).changes);
  CHECK_FALSE(plan_revocation(key, revocation(ReasonCode::superseded), {}).changes);
}

TEST_CASE("a key keeps the earlier compromise when it is revoked for another reason") {
  KeyRecord key;
  key.compromised_seq = 4;
  const Revocation r = revocation(ReasonCode::cessation);
  const KeyRecord after = revoked(key, r, RevocationPlan{std::nullopt, true}, "admin");
  CHECK(after.status == KeyStatus::revoked);
  CHECK(after.compromised_seq == 4);
  CHECK(after.reason_code == "cessation");
  CHECK(after.revoked_by == "admin");
  CHECK(after.revoked_at == kThen);
}

}  // namespace
}  // namespace mkt
