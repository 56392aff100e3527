// A chain of backups: an incremental one, the one it goes on from, and so on to a full one. All
// files of a chain are in one folder.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "daemon/ops/backup_file.h"

namespace mkt {

struct BackupLink {
  std::filesystem::path file;
  Checksum database;                     // of its mktd.db
  std::optional<EarlierBackup> earlier;  // nullopt: a full backup
  std::set<std::string> tarballs;        // in this file, by their hexadecimal digits
};

// From that backup to the full one. Reads the databases, and of the tarballs the names alone.
// data_damaged, with what is wrong, where a file of the chain is missing or is another one.
Result<std::vector<BackupLink>> follow_chain(const std::filesystem::path& newest);

}  // namespace mkt
