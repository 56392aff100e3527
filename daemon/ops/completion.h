// `mktd completion SHELL` prints a script that completes mktd's command line; the script asks
// `mktd __complete -- WORD…` (shell_completion.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace mkt {

// What may stand at the end of these words, the last of which is being typed: options, operations,
// and the values that options choose from. One a line, with a tab before what is said of it.
std::string complete_mktd(const std::vector<std::string>& words);

// The exit status, where the arguments ask for either; nullopt elsewhere.
std::optional<int> run_completion(int argc, char** argv);

}  // namespace mkt
