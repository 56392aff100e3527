// Finds everything that has to be installed for what the user wants.
//
// A connector names its dependencies with version ranges. Of each connector there is one version:
// the highest that every range contains. An installed version is kept where it fits and is still
// offered. If a choice changes, what depended on the earlier one is resolved again, until nothing
// changes; only then are ranges that no version fits an error. Errors: dependency_conflict and
// dependency_cycle, each with the path to the connector; version_quarantined where only versions in
// quarantine fit, with the newest of them as its detail ("id@version"); and the errors of the
// source.
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
  bool deprecated = false;   // used only where nothing else fits
  bool prerelease = false;   // in the manifest, whatever the version says
  bool quarantined = false;  // never used
};

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
