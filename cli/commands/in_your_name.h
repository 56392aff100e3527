// Tells a publisher, beside a command's result, what others published under its name.
#pragma once

#include <string_view>

#include "cli/client/settings.h"
#include "cli/terminal/output.h"

namespace mkt {

// Nothing where `publisher` is no publisher's id. Never fails (cli/client/signings_of_others.h).
void tell_in_your_name(const Output& out, const Settings& settings, std::string_view publisher);

}  // namespace mkt
