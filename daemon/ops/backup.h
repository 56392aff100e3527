// `mktd backup` and `mktd restore`; backup_file.h says what a backup is.
//
// `back_up` only reads the folder and may run while the daemon runs. A backup contains no secrets:
// the database has only hashes of tokens.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "common/base/result.h"
#include "daemon/ops/backup_chain.h"
#include "daemon/ops/data_check.h"
#include "daemon/ops/tarball_copy.h"

namespace mkt {

struct BackupReport {
  std::uint64_t blobs = 0;          // in the file
  std::uint64_t earlier_blobs = 0;  // that its snapshot refers to, in the backups before it
  std::uint64_t bytes = 0;          // of the file
};

// What an incremental backup into `file` goes on from: the chain of that earlier backup. Empty for
// a full one, where `earlier` is empty. usage_error where the files are not in one folder, or
// `file` is of the chain.
Result<std::vector<BackupLink>> chain_for(const std::filesystem::path& earlier,
                                          const std::filesystem::path& file);

// Replaces `file` by a complete, synced backup of mode 0600, or leaves it unchanged. What the chain
// has is not written again. Begins anew where a version is withdrawn before its tarball was read.
Result<BackupReport> back_up(const std::filesystem::path& data, const std::filesystem::path& file,
                             const std::vector<BackupLink>& chain);
// The same of that database, which nobody else uses, and of every tarball that it refers to.
Result<BackupReport> write_backup(const std::filesystem::path& database, const OpenTarball& open,
                                  const std::filesystem::path& file,
                                  const std::vector<BackupLink>& chain);

// Checks everything before the folder gets its name. target_exists where `data` is not empty;
// data_damaged, with what is wrong with the backup, or with one that it goes on from.
Result<CheckReport> restore(const std::filesystem::path& file, const std::filesystem::path& data);

}  // namespace mkt
