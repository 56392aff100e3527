// Operations on a data folder: `mktd check`, `backup`, `restore`, `gc`; those on a shared database
// are in shared_operations.h.
//
// `check` and `backup` only read and may run while the daemon runs. `restore` creates a new folder.
// `gc` needs the daemon stopped and says so.
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
#include "daemon/ops/tarball_copy.h"
#include "daemon/service/garbage.h"

namespace mkt {

struct CheckReport {
  std::uint64_t blobs = 0;  // those that versions refer to
  std::uint64_t bytes = 0;  // in these blobs
  std::uint64_t unreferenced = 0;
  std::vector<std::string> damage;  // one sentence each; empty where nothing is wrong
};
// Checks the database's integrity, every reference, and the hash of every tarball.
Result<CheckReport> check_data(const std::filesystem::path& data);

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

// Removes tarballs that nothing refers to. data_locked while a daemon runs.
Result<GarbageReport> collect_garbage(const std::filesystem::path& data);

}  // namespace mkt
