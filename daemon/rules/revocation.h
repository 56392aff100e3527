// Decides what a revocation changes.
//
// A revoked key never signs again. If it was compromised, what was accepted with it since a moment
// in the registry's own log cannot be trusted: those versions go into quarantine. A key that is
// revoked already changes only where the new revocation is graver: compromised instead of another
// reason, or compromised since an earlier moment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/utc_time.h"
#include "daemon/store/records/keys.h"

namespace mkt {

struct Revocation {
  std::string key_id;
  ReasonCode code = ReasonCode::unspecified;
  std::string reason;
  // For a compromised key; nullopt: everything that it ever signed.
  std::optional<UtcTime> compromised_since;
  UtcTime at;
};

struct RevocationPlan {
  // For a compromised key: the first number of the log not to be trusted; kOwnNumber for the
  // revocation's own entry.
  std::optional<std::int64_t> compromised_seq;
  bool changes = false;
};

// `first_since` is the number of the first log entry since `compromised_since`; nullopt where there
// is none.
RevocationPlan plan_revocation(const KeyRecord& key, const Revocation& revocation,
                               std::optional<std::int64_t> first_since);

// Can a signature of the key, accepted at that number of the log, be trusted no more?
bool is_tainted(const KeyRecord& key, std::int64_t accepted_seq);

// The key after the revocation.
KeyRecord revoked(KeyRecord key, const Revocation& revocation, const RevocationPlan& plan,
                  std::string revoked_by);

}  // namespace mkt
