// Remembers the folders given to `mkt install --dir`, so that list, outdated and audit can find
// them.
//
// `$XDG_STATE_HOME/mkt/folders.json`: {"folders": ["/opt/hello", …]}, absolute and sorted. A folder
// without an installed connector is skipped, and removed from the file at the next write. Use from
// one thread; several processes may share the file.
#pragma once

#include <filesystem>
#include <vector>

#include "cli/client/receipt.h"
#include "common/base/result.h"

namespace mkt {

std::filesystem::path own_folders_file();

Status remember_folder(const std::filesystem::path& file, const std::filesystem::path& folder);

// What is installed in the remembered folders, sorted by id, without those directly below `except`.
// data_damaged where the file or a receipt cannot be read.
Result<std::vector<Installed>> list_own_folders(const std::filesystem::path& file,
                                                const std::filesystem::path& except);

}  // namespace mkt
