// The card of an install request: what is asked for, what is new about it, and how to answer.
#pragma once

#include <string>

#include "cli/client/pins.h"
#include "cli/terminal/output.h"
#include "common/base/utc_time.h"
#include "common/wire/install_messages.h"

namespace mkt {

// `pins`: the keys that this user trusts at the registry.
std::string request_card(const wire::InstallRequestInfo& request, const Pins& pins,
                         const Output& out, UtcTime now);

}  // namespace mkt
