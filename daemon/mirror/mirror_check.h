// Compares both sides of the mirror, and restores a database from the mirror.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "daemon/mirror/bucket.h"
#include "daemon/mirror/firestore.h"

namespace mkt {

struct MirrorDifferences {
  std::uint64_t equal = 0;  // documents, and tarballs in the bucket
  std::uint64_t different = 0;
  std::vector<std::string> first;  // such as "missing there: PATH"; the first kShown of them
};
// Compares a snapshot of the database with Firestore. Changes not sent yet count as differences.
// Where there is a bucket (else nullptr), it must contain the snapshot's tarballs with the right
// sizes; their bytes were compared when they were uploaded.
Result<MirrorDifferences> compare_mirror(const std::filesystem::path& database,
                                         Firestore& firestore, Bucket* bucket);

struct MirrorRestored {
  std::uint64_t documents = 0;
  std::uint64_t tarballs = 0;
  std::uint64_t bytes = 0;
  std::uint64_t missing = 0;            // tarballs that no source had
  std::vector<std::string> first = {};  // the reasons, for the first kShown of them
};
// Asked in this order; either may be missing.
struct TarballSources {
  Bucket* bucket = nullptr;
  std::string registry = {};  // another daemon's URL, http://HOST:PORT
};
// Makes a data folder from Firestore's documents, then fetches the tarballs and compares each with
// its version's checksum. A tarball that no source has does not stop the others. target_exists
// where the folder is not empty; not_found where Firestore has nothing.
Result<MirrorRestored> restore_from_mirror(Firestore& firestore, const std::filesystem::path& into,
                                           const TarballSources& sources);

}  // namespace mkt
