// Reading a tarball entry by entry, safely, without unpacking it: the one way in for the daemon,
// which checks what is published, and for the client, which installs it.
//
// gzip is read by GzipReader, tar by libarchive under TarGuard's watch, names by EntryNames, sizes
// by ArchiveLimits. walk_tarball visits everything and also finds the manifest and holds it to the
// files: the entrypoint is there and has the checksum that the manifest gives. Memory does not grow
// with the tarball but by its names. Not thread-safe.
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
  // archive_invalid, archive_unsafe, archive_too_large or the source's own.
  Result<std::optional<TarEntry>> next();
  // The current file's next bytes; 0 at its end.
  Result<std::size_t> read(std::span<std::uint8_t> into);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What walk_tarball shows of each entry, in the order of the tarball.
class EntryVisitor {
 public:
  virtual ~EntryVisitor() = default;
  virtual Status folder(const TarEntry& entry) = 0;
  virtual Status begin_file(const TarEntry& entry) = 0;
  virtual Status content(std::span<const std::uint8_t> bytes) = 0;
  virtual Status end_file(const TarEntry& entry, const Checksum& checksum) = 0;
};

// The manifest may be an older one: who publishes anew asks for Manifest::require_current.
struct TarballContents {
  Manifest manifest;
  std::uint64_t unpacked_bytes = 0;  // of all files
  std::uint64_t entries = 0;
};

// `visitor` may be null: then the tarball is only checked.
Result<TarballContents> walk_tarball(ByteSource source, const ArchiveLimits& limits,
                                     EntryVisitor* visitor);

// The manifest alone, read no further than it: what a tarball says it is, before anything else of
// it is checked. manifest_missing, and the errors of TarballReader.
Result<Manifest> manifest_of_tarball(ByteSource source);

}  // namespace mkt
