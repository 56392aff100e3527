// Revokes a key for ever: from the next change on it signs nothing. If it was compromised, the
// versions that it signed since then go into quarantine, and requests that wait for them are
// denied.
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
  bool changed = false;  // false: an earlier revocation already did all this
  // The first kListed of each: the versions that go into quarantine (without their manifests), the
  // requests for them that wait for approval and are denied, and their installations.
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
  bool dry_run = false;  // only report what it would affect
};

// For a publisher its own keys, for an admin any. A publisher gets only the numbers about tenants,
// as tenants and their requests are none of its business, and about connectors that it no longer
// sees. key_not_found.
Result<RevocationOutcome> revoke_key(const Marketplace& market, const Caller& caller,
                                     const RevocationRequest& request);

// The change alone, and what it would do. key_not_found.
Result<RevocationOutcome> keep_revocation(const Marketplace& market, const Actor& actor,
                                          const Revocation& revocation);
Result<RevocationOutcome> preview_revocation(const Marketplace& market,
                                             const Revocation& revocation);

}  // namespace mkt
