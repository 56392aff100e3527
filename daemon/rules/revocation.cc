#include "daemon/rules/revocation.h"

namespace mkt {

RevocationPlan plan_revocation(const KeyRecord& key, const Revocation& r,
                               std::optional<std::int64_t> first_since) {
  RevocationPlan plan;
  if (r.code != ReasonCode::compromised) {
    plan.changes = key.status != KeyStatus::revoked;
    return plan;
  }
  plan.compromised_seq = r.compromised_since ? first_since.value_or(kOwnNumber) : std::int64_t{0};
  plan.changes = !key.compromised_seq || *plan.compromised_seq < *key.compromised_seq;
  return plan;
}

KeyRecord revoked(KeyRecord key, const Revocation& r, const RevocationPlan& plan,
                  std::string revoked_by) {
  key.status = KeyStatus::revoked;
  key.revoked_at = r.at;
  key.reason_code = reason_code_name(r.code);
  key.reason = r.reason;
  key.revoked_by = std::move(revoked_by);
  if (plan.compromised_seq) key.compromised_seq = plan.compromised_seq;
  return key;
}

bool is_tainted(const KeyRecord& key, std::int64_t accepted_seq) {
  return key.compromised_seq && accepted_seq >= *key.compromised_seq;
}

}  // namespace mkt
