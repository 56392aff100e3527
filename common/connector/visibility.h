// Visibility: the tenants that may see a connector; none of them: everyone.
//
// As text, which is what people write and what crosses the wire: "everyone", or "tenants:acme,beta"
// with the ids in order, each once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace mkt {

inline constexpr std::size_t kMaxVisibleTo = 100;  // tenants

// In order, each once. invalid_input, with the rule.
Result<std::vector<std::string>> parse_visibility(std::string_view text);

std::string visibility_text(const std::vector<std::string>& tenants);

}  // namespace mkt
