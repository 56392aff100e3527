// The files and folders of a connector's folder that belong into its tarball, in its order.
#pragma once

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
};

// Walks the folder open at `root_fd` without following links, applying .mktignore files and the
// rules of pack.h. All problems of names, links and devices are reported at once as details.
Result<std::vector<SourceEntry>> list_source_tree(int root_fd, const ConnectorId& id,
                                                  const ArchiveLimits& limits);

}  // namespace mkt
