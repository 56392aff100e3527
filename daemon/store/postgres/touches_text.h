// Touches as text: how an entry of the log tells other daemons what its change made stale.
#pragma once

#include <string>
#include <string_view>

#include "daemon/store/touches.h"

namespace mkt::postgres {

// A JSON object with the members that are set; "" for Touches::nothing().
std::string touches_text(const Touches& touches);

// What this build cannot read comes from a newer one, and touches everything.
Touches touches_from_text(std::string_view text);

}  // namespace mkt::postgres
