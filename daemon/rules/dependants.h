// Who needs a version.
#pragma once

#include <string_view>

#include "daemon/store/records/catalog.h"

namespace mkt {

// Whether that dependant may choose this version of what it needs. A range or a version that cannot
// be read may mean it.
bool may_choose(const DependantRecord& dependant, std::string_view version);

}  // namespace mkt
