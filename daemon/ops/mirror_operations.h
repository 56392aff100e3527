// The command line of `mktd mirror status | resync | verify | restore`.
#pragma once

#include <CLI/App.hpp>

namespace mkt {

// Declares them on `app`. The one that runs stores its exit status in `status`.
void add_mirror_operations(CLI::App& app, const std::string& data, const bool& json, int& status);

}  // namespace mkt
