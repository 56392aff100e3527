// What is left of rate limits, as `mkt limit show` and `mkt status` print it.
#pragma once

#include <string>
#include <vector>

#include "common/wire/status_messages.h"

namespace mkt {

// Of each limit: its scope, whose it is, what is left and when one more passes.
std::string limit_table(const std::vector<wire::LimitInfo>& limits);

}  // namespace mkt
