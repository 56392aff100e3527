// One name for one thing in every document of --json: `connectorId`, `version`, `checksum`, `size`
// and `keyId`, beside the registry protocol's older names, which scripts may read until 1.0.
#pragma once

#include "common/base/json.h"

namespace mkt {

// Adds the common names to each object that has such a value under an older name only.
void add_common_names(Json& document);

}  // namespace mkt
