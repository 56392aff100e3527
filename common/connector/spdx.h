// License expressions by the grammar of SPDX 2.3, annex D: ids, `+`, WITH, AND, OR, parentheses,
// LicenseRef-… and DocumentRef-…:LicenseRef-…. Ids are checked for their form, not against the
// list of licenses, which grows faster than a registry should be upgraded. Thread-safe.
#pragma once

#include <string_view>

namespace mkt {

bool is_spdx_expression(std::string_view text);

}  // namespace mkt
