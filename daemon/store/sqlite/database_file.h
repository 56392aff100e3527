// A database as a file, for the operations on a data folder: copying, checking, what it refers to.
//
// All open it read-only and never checkpoint, so they may run beside the daemon (Debian's SQLite
// can damage a database that two connections write or checkpoint).
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

// A copy of one moment, without a write-ahead log. `target` must not exist.
Status copy_database(const std::filesystem::path& source, const std::filesystem::path& target);

// What is wrong with it, in SQLite's words; empty where nothing is. data_damaged when it is no
// database of ours, or a newer mktd's.
Result<std::vector<std::string>> check_database(const std::filesystem::path& file);

struct BlobReference {
  Checksum checksum;
  std::uint64_t size;  // bytes
  std::string name;    // a version that has it: "id@version"
};
// Every tarball that a version needs, once each, by checksum.
Result<std::vector<BlobReference>> referenced_blobs(const std::filesystem::path& file);

// Every document (records/outbox.h) of one moment, kind by kind and by key, until `take` fails.
Status each_document(const std::filesystem::path& file,
                     const std::function<Status(const OutboxEntry&)>& take);
// How many of them the mirror has still to be told of.
Result<OutboxCounts> outbox_counts_in(const std::filesystem::path& file);

}  // namespace mkt
