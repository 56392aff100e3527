// What a newer version is there of, among what is installed.
//
// The newest that the registry offers: not in quarantine, not deprecated, no prerelease unless one
// is installed, and within the ranges of everything that is installed. Where not all can have their
// newest, each gets what the others leave it, in the order they are given.
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
  // These and what they need, as far as that is not installed, in the order to install it.
  std::vector<ResolvedConnector> changes;
  std::vector<std::string> remarks;  // what was passed over, and why
};

// Of the connectors that are named, of all where none is. What came from another registry than
// `origin` or is not known to that one is passed over. `registry` gives what it gives.
Result<Updates> find_updates(VersionSource& registry, const std::string& origin,
                             const std::vector<Installed>& installed,
                             const std::vector<std::string>& ids);

}  // namespace mkt
