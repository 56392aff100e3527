// Operations on a data folder: `mktd backup`, `restore`, `gc`; `check` is in data_check.h, and
// those on a shared database are in shared_operations.h.
//
// `backup` only reads and may run while the daemon runs. `restore` creates a new folder.
// `gc` is here for a folder whose daemon is stopped; a running one does it itself (gc_question.h).
//
// A backup is a tar archive: `mktd.db`, which is a snapshot of the database, then `blobs/ab/<hex>`,
// every tarball that the snapshot refers to. It contains no secrets: the database has only hashes
// of tokens.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "daemon/ops/data_check.h"
#include "daemon/ops/tarball_copy.h"
#include "daemon/service/garbage.h"

namespace mkt {

struct BackupReport {
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;  // of the file
};
// Replaces `file` by a complete, synced backup of mode 0600, or leaves it unchanged.
Result<BackupReport> back_up(const std::filesystem::path& data, const std::filesystem::path& file);
// The same of that database, which nobody else uses, and of every tarball that it refers to.
Result<BackupReport> write_backup(const std::filesystem::path& database, const OpenTarball& open,
                                  const std::filesystem::path& file);

// Checks everything before the folder gets its name. target_exists where `data` is not empty;
// data_damaged, with what is wrong with the backup.
Result<CheckReport> restore(const std::filesystem::path& file, const std::filesystem::path& data);

// Removes tarballs that nothing refers to; no age is too young, as nobody publishes. data_locked
// while a daemon runs.
Result<GarbageReport> collect_garbage(const std::filesystem::path& data, const GarbageWish& wish);

}  // namespace mkt
