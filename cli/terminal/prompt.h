// Asking the person at the terminal for a secret.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mkt {

// Reads a line from the controlling terminal without echo; nullopt where there is no terminal.
std::optional<std::string> ask_secret(std::string_view question);

}  // namespace mkt
