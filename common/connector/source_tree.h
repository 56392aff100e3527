// The files and folders of a connector's folder that belong into its tarball, in its order, and
// what is left out of it, with the reason.
//
// Left out is what a .mktignore names, what is never packed (never_packed.h), and what mkt itself
// writes into the folder: tarballs of this connector under any name and their signature files, the
// output that is being written, connectors that are installed somewhere below, and at the root
// mkt.lock and a connectors/ with nothing else in it. So the same sources give the same tarball,
// whatever was packed, signed and installed there before. A `!` line in .mktignore that names an
// entry in full (IgnoreRules::names) asks for it in spite of that; .git, .hg and .svn could not be
// installed even so.
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
  std::string path;  // of a folder with everything in it
  bool is_folder = false;
  bool secret = false;  // looks like one
  std::string why;      // "is named in .mktignore"
};

struct SourceTree {
  std::vector<SourceEntry> entries;
  std::vector<LeftOut> left_out;  // sorted by path
};

// Walks the folder open at `root_fd` without following links. `output` is the file that is being
// written, where that is a file. All problems of names, links and devices are reported at once as
// details.
Result<SourceTree> list_source_tree(int root_fd, const ConnectorId& id, const ArchiveLimits& limits,
                                    const struct stat* output);

}  // namespace mkt
