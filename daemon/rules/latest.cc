#include "daemon/rules/latest.h"

#include "common/connector/version.h"

namespace mkt {

bool becomes_latest(const VersionRecord& candidate, const VersionRecord& current) {
  if (candidate.quarantined != current.quarantined) return current.quarantined;
  const auto a = Version::parse(candidate.version);
  const auto b = Version::parse(current.version);
  if (!a || !b) return !b;
  if (a->is_prerelease() != b->is_prerelease()) return !a->is_prerelease();
  return compare_precedence(*a, *b) > 0;
}

const VersionRecord* latest_of(const std::vector<VersionRecord>& versions) {
  const VersionRecord* latest = nullptr;
  for (const VersionRecord& v : versions) {
    if (latest == nullptr || becomes_latest(v, *latest)) latest = &v;
  }
  return latest;
}

}  // namespace mkt
