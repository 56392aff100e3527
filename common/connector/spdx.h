// License expressions in the grammar of SPDX 2.3, annex D: ids, `+`, WITH, AND, OR, parentheses,
// LicenseRef-… and DocumentRef-…:LicenseRef-…. The form of an id is checked, but not whether it is
// in the list of licenses, which grows faster than registries are upgraded. Thread-safe.
#pragma once

#include <string_view>

namespace mkt {

bool is_spdx_expression(std::string_view text);

}  // namespace mkt
