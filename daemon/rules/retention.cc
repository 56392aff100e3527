#include "daemon/rules/retention.h"

#include <algorithm>

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

}  // namespace mkt
