// Revoking a key, for ever: from the next change on it signs nothing. Where it was compromised, the
// versions that it signed since then go into quarantine, and what waits for them is denied.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "daemon/rules/revocation.h"
#include "daemon/service/marketplace.h"

namespace mkt {

struct RevocationOutcome {
  KeyRecord key;
  bool changed = false;  // false: it was revoked already, as far as this asks for
  // The first kListed of each: versions that go into quarantine, without their manifests; and of
  // those what waits for approval, which is denied, and what is installed.
  std::vector<VersionRecord> hit = {};
  std::vector<InstallRequestRecord> requests = {};
  std::vector<InstallationRecord> installations = {};
  // How many there are of each.
  std::size_t hit_count = 0;
  std::size_t request_count = 0;
  std::size_t installation_count = 0;

  static constexpr std::size_t kListed = 100;
};

struct RevocationRequest {
  PublisherId publisher;
  KeyName key_id;
  ReasonCode code;
  std::string reason;
  std::optional<UtcTime> compromised_since;
  bool dry_run = false;  // only say what it would hit
};

// By the publisher for its own keys, by an admin for any. Tenants and what they ask for are no
// business of a publisher: it gets their numbers only. key_not_found.
Result<RevocationOutcome> revoke_key(const Marketplace& market, const Caller& caller,
                                     const RevocationRequest& request);

// The commit, and what it would do. key_not_found.
Result<RevocationOutcome> keep_revocation(const Marketplace& market, const Actor& actor,
                                          const Revocation& revocation);
Result<RevocationOutcome> preview_revocation(const Marketplace& market,
                                             const Revocation& revocation);

}  // namespace mkt
