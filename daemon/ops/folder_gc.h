// `mktd gc` of a data folder whose daemon is stopped; a running one does it itself (gc_question.h).
#pragma once

#include <filesystem>

#include "common/base/result.h"
#include "daemon/service/garbage.h"

namespace mkt {

// Removes tarballs that nothing refers to; no age is too young, as nobody publishes. data_locked
// while a daemon runs.
Result<GarbageReport> collect_garbage(const std::filesystem::path& data, const GarbageWish& wish);

}  // namespace mkt
