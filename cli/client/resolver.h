// Finds everything that has to be installed for what the user wants.
//
// A connector names its dependencies with version ranges. Of each connector there is one version:
// the best that every range contains: a release before a prerelease, then one that is not
// deprecated, then the highest. An installed version is kept where it fits and is still offered.
// If a choice changes, what depended on the earlier one is resolved again, until nothing
// changes; only then are ranges that no version fits an error. Errors: dependency_conflict and
// dependency_cycle, each with the path to the connector; version_quarantined or version_withdrawn
// where only such versions fit, with the newest of them as its detail ("id@version"); and the
// errors of the source.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/connector/names.h"
#include "common/connector/version.h"
#include "common/connector/version_range.h"

namespace mkt {

struct AvailableVersion {
  Version version;
  bool deprecated = false;
  bool prerelease = false;   // in the manifest, whatever the version says
  bool quarantined = false;  // never used
  bool withdrawn = false;    // for good; always quarantined, too
};

// Why it is not used, for a sentence about it; of one that is quarantined.
inline std::string_view out_of_reach(const AvailableVersion& v) {
  return v.withdrawn ? "was withdrawn" : "is in quarantine";
}

// Where versions come from: the registry, or a test's table.
class VersionSource {
 public:
  virtual ~VersionSource() = default;
  // All versions, in any order. connector_not_found.
  virtual Result<std::vector<AvailableVersion>> versions(const ConnectorId& id) = 0;
  virtual Result<std::map<std::string, VersionRange>> dependencies(const ConnectorId& id,
                                                                   const Version& version) = 0;
};

struct WantedConnector {
  ConnectorId id;
  std::optional<Version> version;  // exactly this one
};

struct ResolvedConnector {
  ConnectorId id;
  Version version;
  std::map<std::string, VersionRange> dependencies;  // those it was resolved with
};

struct InstalledConnector {
  Version version;
  // Its dependencies, where they must hold as long as the connector itself is not part of the
  // answer.
  std::map<std::string, VersionRange> dependencies = {};
};

// What is wanted with everything it needs, each after its dependencies. `installed` are versions to
// keep where they fit; the installed version of a wanted connector does not hold it back.
Result<std::vector<ResolvedConnector>> resolve(
    const std::vector<WantedConnector>& wanted,
    const std::map<std::string, InstalledConnector>& installed, VersionSource& source);

}  // namespace mkt
