// Which of a connector's versions is the latest? The highest release, or the highest prerelease
// while there is no release; one in quarantine only while there is no other.
#pragma once

#include <vector>

#include "daemon/store/records/catalog.h"

namespace mkt {

// May `candidate` be installed in the place of `current`, and is it higher by semver's precedence?
bool becomes_latest(const VersionRecord& candidate, const VersionRecord& current);

// Null for none.
const VersionRecord* latest_of(const std::vector<VersionRecord>& versions);

}  // namespace mkt
