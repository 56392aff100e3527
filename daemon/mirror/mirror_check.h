// Both sides of the mirror: what differs between them, and a database out of the other one.
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
  std::vector<std::string> first;  // "missing there: PATH", the first kShown of them
};
// Compares a database, as of one moment, with Firestore. Changes that were not sent yet differ.
// Where there is a bucket (else nullptr), the tarballs of that moment must lie there with their
// sizes; their bytes were compared when they were put there.
Result<MirrorDifferences> compare_mirror(const std::filesystem::path& database,
                                         Firestore& firestore, Bucket* bucket);

struct MirrorRestored {
  std::uint64_t documents = 0;
  std::uint64_t tarballs = 0;
  std::uint64_t bytes = 0;
  std::uint64_t missing = 0;            // tarballs that no source had
  std::vector<std::string> first = {};  // why, of the first kShown of them
};
// Asked in this order; either may be none.
struct TarballSources {
  Bucket* bucket = nullptr;
  std::string registry = {};  // of another daemon, http://HOST:PORT
};
// Makes a data folder from Firestore's documents, then fetches the tarballs, each checked against
// its version's checksum. One that no source has does not stop the others. target_exists where the
// folder holds anything; not_found where Firestore holds nothing.
Result<MirrorRestored> restore_from_mirror(Firestore& firestore, const std::filesystem::path& into,
                                           const TarballSources& sources);

}  // namespace mkt
