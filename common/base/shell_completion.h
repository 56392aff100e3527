// The scripts that complete a program's command line in bash, zsh and fish.
//
// They know nothing themselves: they ask the program with `PROGRAM __complete -- WORD…`, so that
// they are never older than it. It answers with a candidate a line, behind a tab what is said of
// it; kCompleteFiles stands for the names of files.
#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace mkt {

inline constexpr const char* kCompleteFiles = ":files";

// `shell` is bash, zsh or fish; `program` a command's name.
std::string completion_script(std::string_view shell, std::string_view program);

// The option that is called `word`, "--json" or "-q", in this command or in one that it belongs to;
// null where there is none.
const CLI::Option* option_named(const CLI::App& command, const std::string& word);

}  // namespace mkt
