// From what somebody wants to everything that has to be installed for it.
//
// A connector names others with ranges of versions; of each connector there is one version, the
// highest that every range contains (an installed one is kept where it will do and is offered
// still). Where a choice narrows, what hung on the former one is asked again, until nothing
// changes; ranges that no version fits are an error only then. Errors: dependency_conflict,
// dependency_cycle, each naming the way there; version_quarantined where only such versions would
// fit, with the newest of them as its detail ("id@version"); and what the source gives.
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
  bool deprecated = false;   // taken only where nothing else will do
  bool prerelease = false;   // by the manifest, whatever the version says
  bool quarantined = false;  // not taken at all
};

// Where versions come from: the registry, or a test's table.
class VersionSource {
 public:
  virtual ~VersionSource() = default;
  // All there are, in any order. connector_not_found.
  virtual Result<std::vector<AvailableVersion>> versions(const ConnectorId& id) = 0;
  virtual Result<std::map<std::string, VersionRange>> dependencies(const ConnectorId& id,
                                                                   const Version& version) = 0;
};

struct WantedConnector {
  ConnectorId id;
  std::optional<Version> version;  // that very one
};

struct ResolvedConnector {
  ConnectorId id;
  Version version;
  std::map<std::string, VersionRange> dependencies;  // that it was resolved by
};

struct InstalledConnector {
  Version version;
  // What it needs, where that is to hold as long as the connector itself is not part of the answer.
  std::map<std::string, VersionRange> dependencies = {};
};

// What is wanted with all it needs, each after what it depends on. `installed` are the versions to
// keep where they will do; their versions do not hold back what is wanted.
Result<std::vector<ResolvedConnector>> resolve(
    const std::vector<WantedConnector>& wanted,
    const std::map<std::string, InstalledConnector>& installed, VersionSource& source);

}  // namespace mkt
