#include "daemon/rules/dependants.h"

#include "common/connector/version.h"
#include "common/connector/version_range.h"

namespace mkt {

bool may_choose(const DependantRecord& dependant, std::string_view version) {
  const auto parsed = Version::parse(version);
  const auto range = VersionRange::parse(dependant.range);
  return !parsed || !range || range->contains(*parsed);
}

}  // namespace mkt
