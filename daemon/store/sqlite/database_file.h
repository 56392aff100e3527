// Operations on a database file: copy it, check it, list what it refers to.
//
// All open the file read-only and never checkpoint, so they may run while the daemon runs (Debian's
// SQLite can damage a database that two connections write or checkpoint).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/connector/checksum.h"
#include "daemon/store/records/outbox.h"

namespace mkt {

// Copies a snapshot, without a write-ahead log. `target` must not exist.
Status copy_database(const std::filesystem::path& source, const std::filesystem::path& target);

// The problems, in SQLite's words; empty where there are none. data_damaged when the file is not a
// database of mktd, or is a newer mktd's.
Result<std::vector<std::string>> check_database(const std::filesystem::path& file);

struct BlobReference {
  Checksum checksum;
  std::uint64_t size;  // bytes
  std::string name;    // a version that uses it: "id@version"
};
// Every tarball that a version needs, once each, sorted by checksum. A withdrawn version needs
// none.
Result<std::vector<BlobReference>> referenced_blobs(const std::filesystem::path& file);

// Whether a version needs it now.
Result<bool> is_referenced(const std::filesystem::path& file, const Checksum& checksum);

struct DatabaseLook {
  std::vector<std::string> damage;   // as check_database tells
  std::vector<BlobReference> blobs;  // as referenced_blobs tells
};
// Both of one snapshot.
Result<DatabaseLook> look_into_database(const std::filesystem::path& file);

// Every document (records/outbox.h) of one snapshot, by kind and then by key, until `take` fails.
Status each_document(const std::filesystem::path& file,
                     const std::function<Status(const OutboxEntry&)>& take);
// How many documents still have to be sent to the mirror.
Result<OutboxCounts> outbox_counts_in(const std::filesystem::path& file);

}  // namespace mkt
