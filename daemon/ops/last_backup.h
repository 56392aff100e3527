// When a data folder was last backed up, for `mktd status`. The file <data>/last-backup tells it:
// the time and the backup's path, a line each.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "common/base/utc_time.h"

namespace mkt {

struct LastBackup {
  std::string at;    // RFC 3339
  std::string file;  // its absolute path then
};

// Does nothing where the folder cannot be written, as a backup needs to read it only.
void note_backup(const std::filesystem::path& data, const std::filesystem::path& file, UtcTime at);

// nullopt where it is not known.
std::optional<LastBackup> last_backup(const std::filesystem::path& data);

}  // namespace mkt
