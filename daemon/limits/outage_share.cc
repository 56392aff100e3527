#include "daemon/limits/outage_share.h"

#include <algorithm>

namespace mkt {
namespace {

// One more request is allowed as soon as the oldest one leaves either window.
LimitDecision joined(const LimitDecision& together, LimitDecision apart) {
  const auto none = std::chrono::milliseconds(0);
  if (apart.reset == none || (together.reset > none && together.reset < apart.reset)) {
    apart.reset = together.reset;
  }
  return apart;
}

}  // namespace

OutageShare::OutageShare(unsigned daemons, Clock& clock)
    : daemons_(std::max(1U, daemons)),
      seen_{MemoryLimits(clock), MemoryLimits(clock)},
      apart_(clock) {}

void OutageShare::seen(std::uint32_t used, const LimitKey& key, const Limit& limit) {
  const std::size_t held = held_;
  seen_[1 - held].raise_to(used, key, limit);
  if (!rejoining_) seen_[held].raise_to(used, key, limit);
}

void OutageShare::rejoin() {
  if (rejoining_) held_ = 1 - held_;
  rejoining_ = false;
  apart_.clear();
}

LimitDecision OutageShare::check(const LimitKey& key, const Limit& limit) {
  const LimitDecision together = seen_[held_].peek_up_to(limit.requests, key, limit);
  return joined(together, apart_.check_up_to(share_of(together), key, limit));
}

LimitDecision OutageShare::peek(const LimitKey& key, const Limit& limit) {
  const LimitDecision together = seen_[held_].peek_up_to(limit.requests, key, limit);
  return joined(together, apart_.peek_up_to(share_of(together), key, limit));
}

void OutageShare::reset(const LimitKey& key) {
  for (MemoryLimits& seen : seen_) (void)seen.reset(key, {});
  (void)apart_.reset(key, {});
}

}  // namespace mkt
