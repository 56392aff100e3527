// Reads the archives of other package formats, as safely as tarballs of mkt are read.
//
// EntryNames checks the names, ArchiveLimits the sizes, by what is unpacked and not by what the
// archive says. Links, devices, pipes and sparse files are refused. A tar may be of every dialect,
// for npm packages have been made by many programs, where TarGuard finds only one way to read it;
// its gzip stream is GzipReader's. A zip passes zip_guard.h first. Memory grows only with the names
// in the archive. Thread-safe.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/connector/archive_limits.h"
#include "common/connector/tarball_reader.h"

namespace mkt {

// How large the archive itself may be. Extensions with programs for one system reach 100 MB; what
// is packed of it has a bound of its own (kMaxTarballBytes).
inline constexpr std::uint64_t kMaxForeignBytes = 256ULL * 1024 * 1024;

enum class ForeignLayout {
  npm_tarball,  // gzip and tar; everything lies in one folder, usually package/, which is taken off
  mcp_bundle,   // zip; everything is taken
  vscode,       // zip; what lies in extension/ is taken
};

struct ForeignContents {
  std::set<std::string, std::less<>> files;  // paths
  std::uint64_t unpacked_bytes = 0;
  std::vector<std::string> left_out;         // files outside of the folder that is taken
  std::vector<std::string> native_programs;  // of `files`
};

// Visits what is taken, by paths below the folder that is taken off. archive_invalid,
// archive_unsafe, archive_too_large, or the visitor's own error.
Result<ForeignContents> walk_foreign_archive(int fd, ForeignLayout layout,
                                             const ArchiveLimits& limits, EntryVisitor& visitor);

// True for the first bytes of a program or library for one kind of system: ELF, Mach-O or PE.
bool begins_native_program(std::span<const std::uint8_t> beginning);

}  // namespace mkt
