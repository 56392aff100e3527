// -o FILE of commands that write a file: "-" is standard output, and a file that is there already
// is overwritten with --force only.
#pragma once

#include <filesystem>
#include <string>

#include "cli/commands/command.h"

namespace mkt {

struct OutputOption {
  std::string name;  // empty where none was named
  bool force = false;

  bool is_stdout() const { return name == "-"; }
  // target_exists where a file has that name and --force was not given, or where it is no file
  // (/dev/null) and would be replaced by one. Not against others that come in between.
  Status check(const std::filesystem::path& file) const;
};

void add_output_option(CLI::App* command, OutputOption& output, const std::string& what);

}  // namespace mkt
