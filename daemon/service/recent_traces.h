// RecentTraces: to which traces the latest requests belong, so that what is done later on their
// behalf, such as a webhook's delivery, can be found with them.
//
// In memory and bounded: after a restart, in another daemon and after kMostTraces newer requests a
// delivery is of no trace. Thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/base/trace_context.h"

namespace mkt {

class RecentTraces {
 public:
  static constexpr std::size_t kMostTraces = 4096;

  void remember(const std::string& request_id, const TraceContext& trace);
  std::optional<TraceContext> of(const std::string& request_id) const;

 private:
  mutable std::mutex mutex_;
  std::deque<std::string> oldest_first_;                  // guarded by mutex_
  std::unordered_map<std::string, TraceContext> traces_;  // guarded by mutex_
};

}  // namespace mkt
