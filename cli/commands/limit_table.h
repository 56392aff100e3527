// The table of rate limits that `mkt limit show` and `mkt status` print.
#pragma once

#include <vector>

#include "cli/terminal/table.h"
#include "common/wire/status_messages.h"

namespace mkt {

// For each limit: its scope, its subject, what is left, and when one more request is allowed.
Table limit_table(const std::vector<wire::LimitInfo>& limits);

}  // namespace mkt
