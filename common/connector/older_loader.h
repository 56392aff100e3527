// What programs written before mkt cannot load of a connector that mkt takes.
//
// Their loader reads manifests by a narrower schema, and their unpacker reads only the first 100
// bytes of a path. Such a connector can be published and installed; whoever still runs the older
// program should hear of it when it is packed.
#pragma once

#include <vector>

#include "common/base/result.h"
#include "common/connector/manifest.h"
#include "common/connector/source_tree.h"

namespace mkt {

// Each finding with the manifest's field or the entry's path. At most one finding is about paths.
std::vector<ErrorDetail> older_loader_findings(const Manifest& manifest,
                                               const std::vector<SourceEntry>& entries);

}  // namespace mkt
