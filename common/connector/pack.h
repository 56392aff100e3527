// pack_connector: makes a tarball of a folder, the same bytes on every machine.
//
// The tarball is ustar in gzip. The manifest comes first, then every file and folder, sorted by the
// bytes of its path. Times are the epoch; owners are 0 without names; modes are 0755 for folders
// and for files that their owner may execute, and 0644 for all others. source_tree.h decides what
// is left out. Anything that could not be installed safely is refused: links, devices, names that
// EntryNames refuses, a broken manifest.
//
// The manifest in the tarball has the SHA-256 of the entrypoint as packed, whatever the manifest in
// the folder says. The manifest in the folder is not changed (manifest_checksum.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/connector/archive_limits.h"
#include "common/connector/checksum.h"
#include "common/connector/manifest.h"
#include "common/connector/source_tree.h"

namespace mkt {

struct PackOptions {
  unsigned threads = 0;  // 0: one per core; never changes the bytes
  ArchiveLimits limits = {};
  // Told of the bytes of files that are packed, and of all there are.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress = {};
};

// What the manifest in the folder says about its entrypoint's checksum.
enum class ManifestChecksum { right, missing, outdated };

// What a tarball will contain, read and checked.
struct PackPlan {
  Manifest manifest;          // as it is packed
  std::string manifest_text;  // the packed manifest's text
  ManifestChecksum source_checksum = ManifestChecksum::right;
  SourceTree tree;
  std::uint64_t unpacked_bytes = 0;  // of all files
  std::uint64_t files = 0;
};

struct Packed : PackPlan {
  Checksum checksum;
  std::uint64_t size = 0;  // bytes of the tarball
};

// Reads and checks `folder`/connector.manifest.json; manifest_missing says how to make one.
Result<Manifest> read_manifest(const std::filesystem::path& folder);

// What pack_connector would pack, without packing it.
Result<PackPlan> plan_pack(const std::filesystem::path& folder, const PackOptions& options);

// Writes the tarball to `out_fd`. Thread-safe for different outputs.
Result<Packed> pack_connector(const std::filesystem::path& folder, int out_fd,
                              const PackOptions& options);

}  // namespace mkt
