// Decides which of a connector's versions is the latest: the highest release, or the highest
// prerelease while there is no release. A version in quarantine is the latest only while there is
// no other.
#pragma once

#include <vector>

#include "daemon/store/records/catalog.h"

namespace mkt {

// True where `candidate` may be installed in place of `current` and is higher by semver's
// precedence.
bool becomes_latest(const VersionRecord& candidate, const VersionRecord& current);

// Null where there are no versions.
const VersionRecord* latest_of(const std::vector<VersionRecord>& versions);

}  // namespace mkt
