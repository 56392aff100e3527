// The option -o FILE of commands that write a file. "-" is standard output, and an existing file is
// only overwritten with --force.
#pragma once

#include <filesystem>
#include <string>

#include "cli/commands/command.h"

namespace mkt {

struct OutputOption {
  std::string name;  // empty where the option is missing
  bool force = false;

  bool is_stdout() const { return name == "-"; }
  // target_exists where a file with that name exists without --force, or where the name is not a
  // regular file (/dev/null), which a file would replace. Another process may still create one
  // afterwards.
  Status check(const std::filesystem::path& file) const;
};

void add_output_option(CLI::App* command, OutputOption& output, const std::string& what);

}  // namespace mkt
