// The answers to what takes a version out of reach: quarantine and withdrawal; see messages.h for
// what all have in common.
#pragma once

#include <cstdint>
#include <vector>

#include "common/wire/catalog_messages.h"
#include "common/wire/install_messages.h"

namespace mkt::wire {

// The answer to POST /v1/connectors/{id}/{version}/quarantine and …/withdraw: the version, and what
// it hits.
struct TakenOutInfo : VersionInfo {
  std::uint64_t request_count = 0;       // that waited for it, and are denied
  std::uint64_t installation_count = 0;  // of tenants that have it
  // The first of each, without their configurations. For admins; to anybody else tenants are a
  // number.
  std::vector<InstallRequestInfo> requests;
  std::vector<InstallationInfo> installations;
  std::vector<DependantInfo> dependants;  // the newest version of each connector that needs it

  MKT_MESSAGE(TakenOutInfo);
};

}  // namespace mkt::wire
