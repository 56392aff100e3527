// What list, outdated and audit look at: the connectors below a root and, where no root was named,
// also those that `mkt install --dir` installed elsewhere.
#pragma once

#include <string>
#include <vector>

#include "cli/client/project_folder.h"
#include "cli/client/receipt.h"
#include "cli/commands/command.h"

namespace mkt {

struct RootOption {
  std::string root = "connectors";
  CLI::Option* option = nullptr;

  bool named() const { return option != nullptr && option->count() > 0; }
  // The named one, else that of the project here (project_folder.h).
  std::string folder() const;
};

void add_root_option(CLI::App* command, RootOption& root);

struct InstalledHere {
  std::string root;
  std::vector<Installed> in_root;
  std::vector<Installed> elsewhere;

  std::vector<Installed> all() const;
};
Result<InstalledHere> installed_here(const RootOption& root);

}  // namespace mkt
