// Finds newer versions of what is installed.
//
// A newer version is the newest that the registry offers that is not in quarantine, not deprecated,
// no prerelease (unless one is installed), and within the ranges of everything installed. If not
// all can have their newest version, each gets what the others before it leave possible. A held
// connector changes only to a newer version within its hold, whoever needs another one.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/client/receipt.h"
#include "cli/client/resolver.h"

namespace mkt {

struct NewerVersion {
  Installed installed;
  Version version;
};

// A newer version that a hold (lock_file.h) keeps back.
struct HeldBack {
  Installed installed;
  Version version;
  VersionRange hold;
};

struct Updates {
  std::vector<NewerVersion> newer;
  std::vector<HeldBack> held;
  // These, and what they need that is not installed, in the order to install them.
  std::vector<ResolvedConnector> changes;
  std::vector<std::string> remarks;  // what was skipped, and why
};

// For the named connectors, or for all where none is named. Skips what came from a registry other
// than `origin`, and what that registry does not know. `holds` are by id. Also the errors of
// `registry`.
Result<Updates> find_updates(VersionSource& registry, const std::string& origin,
                             const std::vector<Installed>& installed,
                             const std::vector<std::string>& ids,
                             const std::map<std::string, VersionRange>& holds = {});

}  // namespace mkt
