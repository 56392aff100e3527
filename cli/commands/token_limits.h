// What a token may do less than its role.
#pragma once

#include <string>

#include "cli/terminal/output.h"
#include "common/wire/messages.h"

namespace mkt {

// "reads; acme-*; 10.0.0.0/8"; empty where it may do all.
std::string limits_of(const wire::TokenInfo& token);

// Notes of its limits and its end, where it has some.
void tell_limits(const Output& out, const wire::TokenInfo& token);

}  // namespace mkt
