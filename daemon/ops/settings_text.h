// The text of a mktd.conf(5), made from the options that configuration.cc declares, so that no
// setting is written down twice.
//
// Every setting has a line with what it is for, and one with its value: as a setting where the app
// was given one, and else as a comment with the default.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace mkt {

// False of options that mean something on the command line alone, such as --help.
bool is_setting(const CLI::Option& option);

// What it was given, or else its default: of a list each element.
std::vector<std::string> values_of(const CLI::Option& option);

// "max-uploads = 16"
std::string settings_line(const CLI::Option& option);

std::string settings_text(const CLI::App& app);

}  // namespace mkt
