// pack_connector: a folder becomes a tarball, the same bytes on every machine.
//
// The tarball is ustar in gzip. The manifest comes first, then every file and folder sorted by the
// bytes of its path; times are the epoch, owners 0 without names, modes 0755 for folders and files
// their owner may execute, 0644 for all others. What is left out is source_tree.h's part. Anything
// that could not be installed safely is refused: links, devices, names that EntryNames does not
// take, a broken manifest.
//
// The manifest in the tarball names the SHA-256 of the entrypoint as it was packed, whatever the
// manifest in the folder says; that one is not touched (manifest_checksum.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/connector/archive_limits.h"
#include "common/connector/checksum.h"
#include "common/connector/manifest.h"
#include "common/connector/source_tree.h"

namespace mkt {

struct PackOptions {
  unsigned threads = 0;  // 0: as many as the machine has cores; never changes the bytes
  ArchiveLimits limits = {};
};

// What the manifest in the folder says of its entrypoint's checksum.
enum class ManifestChecksum { right, missing, outdated };

// What a tarball will hold, read and checked.
struct PackPlan {
  Manifest manifest;          // as it is packed
  std::string manifest_text;  // of it
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
