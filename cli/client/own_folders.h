// The folders that `mkt install --dir` was told, so that list, outdated and audit know what is
// there.
//
// `$XDG_STATE_HOME/mkt/folders.json`: {"folders": ["/opt/hello", …]}, absolute and sorted. A folder
// that holds no installed connector any more is passed over, and leaves the file when it is next
// written. Use from one thread; several processes may share the file.
#pragma once

#include <filesystem>
#include <vector>

#include "cli/client/receipt.h"
#include "common/base/result.h"

namespace mkt {

std::filesystem::path own_folders_file();

Status remember_folder(const std::filesystem::path& file, const std::filesystem::path& folder);

// What is installed in the remembered folders, sorted by id; those directly below `except` are
// left out. data_damaged where the file is none, or a receipt.
Result<std::vector<Installed>> list_own_folders(const std::filesystem::path& file,
                                                const std::filesystem::path& except);

}  // namespace mkt
