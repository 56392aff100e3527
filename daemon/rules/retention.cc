#include "daemon/rules/retention.h"

#include <algorithm>

#include "common/connector/version.h"
#include "common/connector/version_range.h"

namespace mkt {

std::vector<std::string> old_prereleases(const std::vector<VersionRecord>& versions,
                                         std::string_view latest, std::size_t keep) {
  std::vector<const VersionRecord*> prereleases;
  for (const VersionRecord& v : versions) {
    if (v.prerelease && !v.quarantined) prereleases.push_back(&v);
  }
  std::sort(prereleases.begin(), prereleases.end(),
            [](const VersionRecord* a, const VersionRecord* b) { return a->seq < b->seq; });
  prereleases.resize(prereleases.size() - std::min(prereleases.size(), keep));
  std::vector<std::string> old;
  for (const VersionRecord* v : prereleases) {
    if (v->version != latest) old.push_back(v->version);
  }
  return old;
}

bool may_be_depended_on(std::string_view version, const std::vector<DependantRecord>& dependants) {
  const auto parsed = Version::parse(version);
  return std::any_of(dependants.begin(), dependants.end(), [&](const DependantRecord& dependant) {
    const auto range = VersionRange::parse(dependant.range);
    return !parsed || !range || range->contains(*parsed);  // what cannot be read may mean it
  });
}

}  // namespace mkt
