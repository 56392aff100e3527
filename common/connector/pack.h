// pack_connector: a folder becomes a tarball, the same bytes on every machine.
//
// The tarball is ustar in gzip. The manifest comes first, then every file and folder sorted by the
// bytes of its path; times are the epoch, owners 0 without names, modes 0755 for folders and files
// their owner may execute, 0644 for all others. `.mktignore` files (gitignore(5)) leave things out;
// so are always .git, .hg, .svn, .DS_Store, the .mktignore files themselves, and at the root what
// `mkt pack` writes (`<id>-*.tgz` and `.sig.json` of it). Anything that could not be installed
// safely is refused: links, devices, names that EntryNames does not take, a broken manifest.
#pragma once

#include <cstdint>
#include <filesystem>

#include "common/base/result.h"
#include "common/connector/archive_limits.h"
#include "common/connector/checksum.h"
#include "common/connector/manifest.h"

namespace mkt {

struct PackOptions {
  unsigned threads = 0;  // 0: as many as the machine has cores; never changes the bytes
  ArchiveLimits limits = {};
};

struct Packed {
  Manifest manifest;
  Checksum checksum;
  std::uint64_t size = 0;            // bytes of the tarball
  std::uint64_t unpacked_bytes = 0;  // of all files
  std::uint64_t files = 0;
};

// Reads and checks `folder`/connector.manifest.json; manifest_missing says how to make one.
Result<Manifest> read_manifest(const std::filesystem::path& folder);

// Writes the tarball to `out_fd`. Thread-safe for different outputs.
Result<Packed> pack_connector(const std::filesystem::path& folder, int out_fd,
                              const PackOptions& options);

}  // namespace mkt
