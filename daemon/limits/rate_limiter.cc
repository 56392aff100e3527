#include "daemon/limits/rate_limiter.h"

namespace mkt {

Result<std::optional<LimitDecision>> RateLimiter::check(LimitScope scope, const Limited& who) {
  const auto limit = rules_.get()->limit_of(scope, who.subject, who.address);
  if (!limit) return std::optional<LimitDecision>();
  const auto decided = store_->check({scope, who.subject}, *limit);
  if (!decided) {
    undecided_.fetch_add(1, std::memory_order_relaxed);
    return decided.error();
  }
  const LimitDecision& decision = *decided;
  Counter& counter =
      counters_[static_cast<std::size_t>(scope)][static_cast<std::size_t>(decision.counted_in)];
  (decision.allowed ? counter.allowed : counter.refused).fetch_add(1, std::memory_order_relaxed);
  return std::optional(decision);
}

Result<std::optional<LimitDecision>> RateLimiter::peek(LimitScope scope, const Limited& who) {
  const auto limit = rules_.get()->limit_of(scope, who.subject, who.address);
  if (!limit) return std::optional<LimitDecision>();
  MKT_TRY(const LimitDecision decision, store_->peek({scope, who.subject}, *limit));
  return std::optional(decision);
}

Status RateLimiter::reset(LimitScope scope, const Limited& who) {
  const auto limit = rules_.get()->limit_of(scope, who.subject, who.address);
  if (!limit) return {};
  return store_->reset({scope, who.subject}, *limit);
}

RateLimiter::Counts RateLimiter::counts(LimitScope scope, CountedIn where) const {
  const Counter& c = counters_[static_cast<std::size_t>(scope)][static_cast<std::size_t>(where)];
  return {c.allowed.load(std::memory_order_relaxed), c.refused.load(std::memory_order_relaxed)};
}

}  // namespace mkt
