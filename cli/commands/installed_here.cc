#include "cli/commands/installed_here.h"

#include "cli/client/own_folders.h"

namespace mkt {

void add_root_option(CLI::App* command, RootOption& root) {
  root.option = command
                    ->add_option("--root", root.root,
                                 "Folder that holds the connectors' folders, and only that one")
                    ->capture_default_str();
}

std::string RootOption::folder() const { return named() ? root : connectors_root().string(); }

std::vector<Installed> InstalledHere::all() const {
  std::vector<Installed> both = in_root;
  both.insert(both.end(), elsewhere.begin(), elsewhere.end());
  return both;
}

Result<InstalledHere> installed_here(const RootOption& root) {
  InstalledHere here;
  here.root = root.folder();
  MKT_TRY(here.in_root, list_installed(here.root));
  if (!root.named()) {
    MKT_TRY(here.elsewhere, list_own_folders(own_folders_file(), here.root));
  }
  return here;
}

}  // namespace mkt
