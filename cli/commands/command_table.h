// The commands of mkt, one entry each; help, completion and the manual's list are made from this.
#pragma once

#include <CLI/App.hpp>
#include <span>
#include <string_view>

#include "cli/commands/command.h"

namespace mkt {

struct CommandEntry {
  std::string_view name;
  std::string_view group;     // its heading in `mkt --help`
  std::string_view summary;   // one line
  std::string_view examples;  // one per line, indented by two blanks
  std::string_view exits;     // the exit statuses it can give, beside 0 and 2
  std::string_view alias;     // another name, as users type it; empty for none
  // Declares the command's arguments or subcommands, and its action.
  void (*add)(CLI::App& command, Session& session);
};

// By group, and within a group in the order in which users need them.
std::span<const CommandEntry> command_table();

// Adds all of them as subcommands of `app`.
void add_commands(CLI::App& app, Session& session);

}  // namespace mkt
