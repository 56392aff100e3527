// Operations on a data folder: `mktd check`, `backup`, `restore`, `gc`.
//
// `check` and `backup` read only and may run beside the daemon; `restore` makes a folder that is
// not there yet; `gc` needs the daemon stopped and says so.
//
// A backup is a tar archive: `mktd.db`, a copy of one moment, then `blobs/ab/<hex>`, every tarball
// that the copy refers to. No secrets: the database holds hashes of tokens only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace mkt {

struct CheckReport {
  std::uint64_t blobs = 0;  // that versions refer to
  std::uint64_t bytes = 0;  // of them
  std::uint64_t unreferenced = 0;
  std::vector<std::string> damage;  // one sentence each; empty where all is well
};
// Database integrity, every reference, and the hash of every tarball.
Result<CheckReport> check_data(const std::filesystem::path& data);

struct BackupReport {
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;  // of the file
};
// Replaces `file` by a complete, synced backup of mode 0600, or leaves it as it was.
Result<BackupReport> back_up(const std::filesystem::path& data, const std::filesystem::path& file);

// Checks everything before the folder takes its name. target_exists where `data` holds anything;
// data_damaged, naming what is wrong with the backup.
Result<CheckReport> restore(const std::filesystem::path& file, const std::filesystem::path& data);

struct GarbageReport {
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;
};
// Removes tarballs that nothing refers to. data_locked while a daemon runs.
Result<GarbageReport> collect_garbage(const std::filesystem::path& data);

}  // namespace mkt
