// Reads a tarball safely, entry by entry, without unpacking it. The daemon reads published tarballs
// this way, and the client those that it installs.
//
// GzipReader reads the gzip, libarchive reads the tar behind TarGuard, EntryNames checks the names,
// ArchiveLimits the sizes. walk_tarball visits everything, finds the manifest, and compares it with
// the files: the entrypoint must exist and have the checksum that the manifest gives. Memory grows
// only with the names in the tarball. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "common/base/result.h"
#include "common/connector/archive_limits.h"
#include "common/connector/checksum.h"
#include "common/connector/gzip_reader.h"
#include "common/connector/manifest.h"

namespace mkt {

struct TarEntry {
  std::string path;  // checked by EntryNames
  bool is_folder = false;
  bool executable = false;
  std::uint64_t size = 0;  // bytes
};

class TarballReader {
 public:
  TarballReader(ByteSource source, const ArchiveLimits& limits);
  ~TarballReader();
  TarballReader(const TarballReader&) = delete;
  TarballReader& operator=(const TarballReader&) = delete;

  // The next file or folder; nullopt when the whole tarball was read and is sound. Errors are
  // archive_invalid, archive_unsafe, archive_too_large, or the source's own.
  Result<std::optional<TarEntry>> next();
  // The current file's next bytes; 0 at its end.
  Result<std::size_t> read(std::span<std::uint8_t> into);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Receives each entry from walk_tarball, in the order of the tarball.
class EntryVisitor {
 public:
  virtual ~EntryVisitor() = default;
  virtual Status folder(const TarEntry& entry) = 0;
  virtual Status begin_file(const TarEntry& entry) = 0;
  virtual Status content(std::span<const std::uint8_t> bytes) = 0;
  virtual Status end_file(const TarEntry& entry, const Checksum& checksum) = 0;
};

// The manifest may be an older one; to publish it, call Manifest::require_current.
struct TarballContents {
  Manifest manifest;
  std::uint64_t unpacked_bytes = 0;  // of all files
  std::uint64_t entries = 0;
};

// `visitor` may be null: then the tarball is only checked.
Result<TarballContents> walk_tarball(ByteSource source, const ArchiveLimits& limits,
                                     EntryVisitor* visitor);

// Reads the manifest and nothing after it: what a tarball claims to be, before the rest of it is
// checked. manifest_missing, and the errors of TarballReader.
Result<Manifest> manifest_of_tarball(ByteSource source);

}  // namespace mkt
