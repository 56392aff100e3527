// Questions to the person at the terminal, for what no option says.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace mkt {

// Asks a question; nullopt where nobody answers any more. Empty where there is nobody to ask.
using Ask = std::function<std::optional<std::string>(std::string_view question)>;

// The wish, or the answer of the person, who is asked until it passes the check; an empty answer is
// the usual one. Without somebody to ask the usual one. usage_error for a wrong wish, and where no
// answer came.
Result<std::string> choose(const std::optional<std::string>& wish, const std::string& usual,
                           const Ask& ask, const std::string& question,
                           Status (*check)(const std::string&));

// The wish, or the answer of the person, who is asked until there is one. usage_error where none
// came. There must be somebody to ask, or a wish.
Result<std::filesystem::path> choose_file(const std::optional<std::string>& wish, const Ask& ask,
                                          const std::string& question);

}  // namespace mkt
