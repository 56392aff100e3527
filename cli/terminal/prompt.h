// Asks the person at the terminal, for a secret or for confirmation.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mkt {

// Reads a line from the controlling terminal without echo; nullopt where there is no terminal.
std::optional<std::string> ask_secret(std::string_view question);

// Reads a line; nullopt where there is no terminal, or where the person ends the input (Ctrl-D).
std::optional<std::string> ask_line(std::string_view question);

// True where the person types y or yes; nullopt where there is no terminal.
std::optional<bool> ask_yes_or_no(std::string_view question);

}  // namespace mkt
