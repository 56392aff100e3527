// What quarantine and withdraw have in common: a version named whole, and what taking it out of
// reach hits.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/connector/named_version.h"
#include "common/wire/withdrawal_messages.h"

namespace mkt {

// usage_error where the version is missing.
Result<NamedVersion> named_version(std::string_view text);

enum class HitsAre { to_come, done };

// A line for each kind of what it hits, dependants first; ends with a line end, or is empty.
std::string describe_hits(const wire::TakenOutInfo& out, HitsAre when);

}  // namespace mkt
