// Both sides of the mirror: what differs between them, and a database out of the other one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "daemon/mirror/firestore.h"

namespace mkt {

struct MirrorDifferences {
  std::uint64_t equal = 0;
  std::uint64_t different = 0;
  std::vector<std::string> first;  // "missing there: PATH", the first kShown of them
};
// Compares a database, as of one moment, with Firestore. Changes that were not sent yet differ.
Result<MirrorDifferences> compare_mirror(const std::filesystem::path& database,
                                         Firestore& firestore);

struct MirrorRestored {
  std::uint64_t documents = 0;
  std::uint64_t tarballs = 0;
  std::uint64_t bytes = 0;
};
// Makes a data folder from Firestore's documents; then, where `tarballs_from` names a registry, its
// tarballs, each checked against its version's checksum. target_exists where the folder holds
// anything; not_found where Firestore holds nothing.
Result<MirrorRestored> restore_from_mirror(Firestore& firestore, const std::filesystem::path& into,
                                           const std::string& tarballs_from);

}  // namespace mkt
