#include "daemon/service/recent_traces.h"

namespace mkt {

void RecentTraces::remember(const std::string& request_id, const TraceContext& trace) {
  const std::lock_guard lock(mutex_);
  if (!traces_.insert_or_assign(request_id, trace).second) return;
  oldest_first_.push_back(request_id);
  if (oldest_first_.size() <= kMostTraces) return;
  traces_.erase(oldest_first_.front());
  oldest_first_.pop_front();
}

std::optional<TraceContext> RecentTraces::of(const std::string& request_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = traces_.find(request_id);
  return found == traces_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace mkt
