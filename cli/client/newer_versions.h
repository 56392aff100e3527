// Finds newer versions of what is installed.
//
// A newer version is the newest that the registry offers that is not in quarantine, not deprecated,
// no prerelease (unless one is installed), and within the ranges of everything installed. If not
// all can have their newest version, each gets what the others before it leave possible.
#pragma once

#include <string>
#include <vector>

#include "cli/client/receipt.h"
#include "cli/client/resolver.h"

namespace mkt {

struct NewerVersion {
  Installed installed;
  Version version;
};

struct Updates {
  std::vector<NewerVersion> newer;
  // These, and what they need that is not installed, in the order to install them.
  std::vector<ResolvedConnector> changes;
  std::vector<std::string> remarks;  // what was skipped, and why
};

// For the named connectors, or for all where none is named. Skips what came from a registry other
// than `origin`, and what that registry does not know. Also the errors of `registry`.
Result<Updates> find_updates(VersionSource& registry, const std::string& origin,
                             const std::vector<Installed>& installed,
                             const std::vector<std::string>& ids);

}  // namespace mkt
