// The reason that somebody gives for a change: a revocation, a deprecation, a denial, a suspension.
// It is a text for people, shown as it is.
#pragma once

#include <string_view>

#include "common/base/result.h"
#include "common/wire/requests.h"

namespace mkt {

using wire::kMaxReason;

// invalid_request where it is longer, or holds what could disturb a terminal. `reason` must be
// valid UTF-8. One that is empty is for the caller to refuse, where there must be one.
Status check_reason(std::string_view reason);

}  // namespace mkt
