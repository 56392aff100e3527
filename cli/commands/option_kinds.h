// What kind of thing each option and argument takes: FILE, TIME, KEYID. One table for help and
// completion.
#pragma once

#include <CLI/App.hpp>

namespace mkt {

// Gives the kinds to the options of the command and of all below it. An argument is called by its
// kind already; help does not repeat it.
void name_kinds(CLI::App& command);

}  // namespace mkt
