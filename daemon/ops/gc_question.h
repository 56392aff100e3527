// `mktd gc` of a data folder whose daemon runs: both ends of the question (control.h).
#pragma once

#include <filesystem>
#include <optional>

#include "common/base/json.h"
#include "daemon/ops/control.h"
#include "daemon/service/garbage.h"

namespace mkt {

// The word after "do".
inline constexpr const char* kGarbageQuestion = "gc";

// nullopt where no daemon answers there.
Result<std::optional<GarbageReport>> ask_to_collect(const std::filesystem::path& data,
                                                    const GarbageWish& wish);

// In the daemon.
Result<Json> collect_as_asked(GarbageCollector& collector, const Json& question,
                              const Control::Stopping& stopping);

// As `mktd gc --json` prints it, too.
Json garbage_document(const GarbageReport& report, GarbageAct act);

}  // namespace mkt
