// Quarantine by an admin's word: a version is listed and explained, and no longer given out.
// Install requests that wait for it are denied. Lifting it needs a word too; both stay in the log.
//
// A version whose key was compromised is in quarantine for that (revoke.h). The two reasons are
// apart: lifting one does not lift the other.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/connector/version.h"
#include "daemon/service/marketplace.h"

namespace mkt {

// What it means that a version is no longer given out.
struct Impact {
  // The first kListed of each: requests that waited for it and are denied, where it is installed,
  // and which versions of other connectors that the caller sees need its connector.
  std::vector<InstallRequestRecord> requests = {};
  std::vector<InstallationRecord> installations = {};
  std::vector<DependantRecord> dependants = {};
  std::size_t request_count = 0;
  std::size_t installation_count = 0;

  static constexpr std::size_t kListed = 100;
};

struct TakenOut {
  VersionRecord version;
  Impact impact;
};

// For admins. version_not_found, version_withdrawn.
Result<TakenOut> quarantine_version(const Marketplace& market, const Caller& caller,
                                    const ConnectorId& id, const Version& version,
                                    const std::string& reason);
// version_quarantined where it stays in quarantine, for its key.
Result<VersionRecord> release_version(const Marketplace& market, const Caller& caller,
                                      const ConnectorId& id, const Version& version,
                                      const std::string& reason);

// The changes alone.
Result<Impact> keep_quarantine(const Marketplace& market, const Actor& actor,
                               std::string_view connector_id, std::string_view version,
                               const std::string& reason, UtcTime at);
Status keep_release(const Marketplace& market, const Actor& actor, std::string_view connector_id,
                    std::string_view version, const std::string& reason, UtcTime at);

// Parts that a withdrawal shares.

// Holds the connector, the version and the tenants with requests that wait for it. The version as
// it is now. version_not_found.
Result<VersionRecord> hold_to_take_out(const Records& records, std::string_view connector_id,
                                       std::string_view version);
Impact impact_of(const Records& records, const VersionRecord& version);
// Denies the requests that wait for it; the connector's latest is chosen again.
void take_out(Change& change, const VersionRecord& version, Impact& impact,
              const std::string& reason);
// Only what the caller may know: the numbers for who is no admin.
Impact shown_to(const Caller& caller, Impact impact);

}  // namespace mkt
