// `mktd check`: is what a data folder holds what it should be?
//
// It only reads, and never keeps a lock for long, so the daemon may serve meanwhile. Of the
// database it looks at one snapshot. Tarballs may come and go after that: one that was removed
// meanwhile, as no version names it any more, is not missing, and one that came is not garbage.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace mkt {

struct CheckReport {
  std::uint64_t blobs = 0;    // those that versions refer to
  std::uint64_t bytes = 0;    // in these blobs
  std::uint64_t removed = 0;  // of them, since the check began
  std::uint64_t unreferenced = 0;
  std::vector<std::string> damage;  // one sentence each; empty where nothing is wrong
};

// Checks the database's integrity, every reference, and the hash of every tarball. It reads
// tarballs at most at that rate, to leave the disk to a daemon that serves meanwhile; nullopt: as
// fast as it can.
Result<CheckReport> check_data(const std::filesystem::path& data,
                               std::optional<std::uint64_t> bytes_per_second = std::nullopt);

}  // namespace mkt
