// The commands of mkt, one line each: help, completion and the manual's list are made from it.
#pragma once

#include <CLI/App.hpp>
#include <span>
#include <string_view>

#include "cli/commands/command.h"

namespace mkt {

struct CommandEntry {
  std::string_view name;
  std::string_view group;     // under which `mkt --help` lists it
  std::string_view summary;   // one line
  std::string_view examples;  // a line each, indented by two blanks
  // Declares the command's arguments, or its own subcommands, and what it does.
  void (*add)(CLI::App& command, Session& session);
};

// By group, each in the order in which one comes to need them.
std::span<const CommandEntry> command_table();

// All of them, as subcommands of `app`.
void add_commands(CLI::App& app, Session& session);

}  // namespace mkt
