// The text of a mktd.conf(5), made from the options that configuration.cc declares, so that no
// setting is written down twice.
//
// Every setting has a line with what it is for, and one with its value: as a setting where the app
// was given one, and else as a comment with the default.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace mkt {

// False of options that mean something on the command line alone, such as --help.
bool is_setting(const CLI::Option& option);

// What it was given, or else its default: of a list each element.
std::vector<std::string> values_of(const CLI::Option& option);

// "max-uploads = 16"
std::string settings_line(const CLI::Option& option);

std::string settings_text(const CLI::App& app);
// With every setting as a comment, whatever the environment says.
std::string default_settings_text();

// A text as TOML has it, in quotation marks.
std::string toml_text(std::string_view text);
// The text with "name = value" in place of the comment with its default, or at the end where there
// is none. It may have no tables.
std::string with_setting(std::string text, std::string_view name, std::string_view value);

}  // namespace mkt
