// Lists the files and folders that belong in a connector's tarball, in the tarball's order, and
// what is left out, with the reason.
//
// Left out are: what a .mktignore names, what is never packed (never_packed.h), and what mkt itself
// writes into the folder. The last are tarballs of this connector under any name, their signature
// files, the output that is being written, connectors installed anywhere below, and, at the root,
// mkt.lock and a connectors/ that holds nothing else. So the same sources give the same tarball,
// whatever was packed, signed and installed there before. A `!` line in .mktignore that names an
// entry in full (IgnoreRules::names) brings it back in spite of that; but .git, .hg and .svn could
// not be installed even then.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/connector/archive_limits.h"
#include "common/connector/names.h"

namespace mkt {

struct SourceEntry {
  std::string path;  // relative, '/'-separated
  bool is_folder = false;
  bool executable = false;
  std::uint64_t size = 0;  // bytes
  std::string secret{};    // why it looks like a secret that should not be packed, else empty
};

struct LeftOut {
  std::string path;  // of a file, or of a folder with everything in it
  bool is_folder = false;
  bool secret = false;  // looks like a secret
  std::string why;      // "is named in .mktignore"
};

struct SourceTree {
  std::vector<SourceEntry> entries;
  std::vector<LeftOut> left_out;  // sorted by path
};

// Walks the folder open at `root_fd` without following links. `output` is the file that is being
// written, or null. All problems with names, links and devices are reported at once, as details.
Result<SourceTree> list_source_tree(int root_fd, const ConnectorId& id, const ArchiveLimits& limits,
                                    const struct stat* output);

}  // namespace mkt
