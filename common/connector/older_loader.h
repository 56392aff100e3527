// Finds what programs written before mkt cannot load in a connector that mkt accepts.
//
// Their loader has a narrower manifest schema, and their unpacker reads only the first 100 bytes of
// a path. Such a connector can be published and installed, but packing it warns those who still run
// the older program.
#pragma once

#include <vector>

#include "common/base/result.h"
#include "common/connector/manifest.h"
#include "common/connector/source_tree.h"

namespace mkt {

// Each finding names the manifest's field or the entry's path. At most one finding is about paths.
std::vector<ErrorDetail> older_loader_findings(const Manifest& manifest,
                                               const std::vector<SourceEntry>& entries);

}  // namespace mkt
