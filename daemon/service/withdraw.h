// Withdraws a version for ever: a tombstone says that it was there and why it is gone. Its number
// is never used again, and its bytes are removed.
//
// An owner may withdraw what was published at most kOwnersTime ago, before many depend on it; an
// admin may at any time. Install requests that wait for it are denied. What tenants have installed
// stays listed there, and `mkt audit` names it.
//
// The bytes go at once where the tarballs are files of this daemon; from a store that several
// daemons share, garbage.h removes them.
#pragma once

#include <chrono>
#include <string>

#include "daemon/service/quarantine.h"

namespace mkt {

inline constexpr std::chrono::hours kOwnersTime{72};

struct WithdrawalRequest {
  ConnectorId connector;
  Version version;
  std::string code;  // wire::kWithdrawalCodes
  std::string reason;
  bool dry_run = false;  // only tell what it would hit
};

// forbidden where an owner comes too late; not_owner, version_not_found.
Result<TakenOut> withdraw_version(const Marketplace& market, const Caller& caller,
                                  const WithdrawalRequest& request);

// The change alone. What was withdrawn before stays as it is. `caller` must be an owner or an admin
// then; null for the registry itself.
Result<Impact> keep_withdrawal(const Marketplace& market, const Actor& actor, const Caller* caller,
                               std::string_view connector_id, std::string_view version,
                               const std::string& code, const std::string& reason, UtcTime at);

// Parts that retention shares.

// Of a version that hold_to_take_out holds, and that was not withdrawn.
void withdraw_held(Change& change, VersionRecord& version, Impact& impact, const std::string& code,
                   const std::string& reason);
// After the change has committed.
void remove_bytes_of(const Marketplace& market, const VersionRecord& version);

}  // namespace mkt
