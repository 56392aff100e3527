// Copies the tarballs of a marketplace to where it moves, and shows that all are there.
//
// A tarball never changes, so what the target has with its size stays as it is, and a copy that was
// interrupted goes on where it stopped. Every byte is hashed on its way.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/base/files.h"
#include "common/base/result.h"
#include "daemon/blobs/blob_store.h"
#include "daemon/store/sqlite/database_file.h"

namespace mkt {

// Opens a tarball that a version needs. Any thread may call it.
using OpenTarball = std::function<Result<UniqueFd>(const BlobReference&)>;
OpenTarball tarballs_in_folder(const std::filesystem::path& data);
// The store must outlive the function.
OpenTarball tarballs_in_store(const BlobStore& store);

// Where a folder, a backup and a bucket have a tarball: blobs/ab/<hex>.
std::string tarball_name(const Checksum& checksum);

struct TarballCopy {
  std::uint64_t copied = 0;
  std::uint64_t bytes = 0;  // of those
  std::uint64_t there = 0;  // before
};

// How many are copied at the same time.
inline constexpr unsigned kCopiedAtOnce = 8;

// `progress` is told in words, now and then. Stops at the first failure; what was copied stays.
Result<TarballCopy> copy_tarballs(const std::vector<BlobReference>& wanted, const OpenTarball& open,
                                  BlobStore& into,
                                  const std::function<void(const std::string&)>& progress);

// The size of every blob of the store, by its hexadecimal digits.
Result<std::map<std::string, std::uint64_t>> sizes_in(const BlobStore& store);

// Of those wanted, what is missing or has another size; one sentence each.
std::vector<std::string> missing_tarballs(const std::vector<BlobReference>& wanted,
                                          const std::map<std::string, std::uint64_t>& sizes);

}  // namespace mkt
