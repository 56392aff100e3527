// What `mktd init` tells when it is done, for people and as JSON.
#pragma once

#include <string>

#include "common/base/json.h"
#include "daemon/ops/set_up.h"

namespace mkt {

// For people: what there is, how the daemon is started, and at the end the line that logs in.
std::string describe(const SetUp& done);

// The same for programs. `note` is there only where there is one.
Json set_up_document(const SetUp& done);

}  // namespace mkt
