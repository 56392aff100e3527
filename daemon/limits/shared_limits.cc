// Redis, its breaker, and memory in its place; see shared_limits.h.
#include "daemon/limits/shared_limits.h"

#include <algorithm>

#include "common/base/turns.h"
#include "daemon/ops/log.h"

namespace mkt {
namespace {

BreakerOptions breaker_options() {
  BreakerOptions options;
  options.failures = options.consecutive = 1;
  options.open_for = SharedLimits::kProbeEvery;
  options.longest_open = SharedLimits::kProbeLongest;
  options.jitter = 0.2;
  options.lease = std::chrono::seconds(5);
  options.successes = 1;
  return options;
}

constexpr std::chrono::milliseconds kLook{50};

}  // namespace

SharedLimits::SharedLimits(RedisUrl url, unsigned daemons, std::function<bool(LimitScope)> denies,
                           BreakerRegistry& breakers)
    : place_(url.shown()),
      daemons_(std::max(1U, daemons)),
      denies_(std::move(denies)),
      redis_(std::move(url)),
      breaker_(breakers.get("redis", breaker_options())) {
  breaker_->add_listener([place = place_](const CircuitBreaker::Change& change) {
    if (change.from == BreakerState::closed) {
      log_event(LogLevel::warning, "Redis fails; limits are counted in memory until it is back",
                {{"redis", place}, {"reason", change.cause}});
    } else if (change.to == BreakerState::closed) {
      log_event(LogLevel::info, "Redis is back; limits are shared again", {{"redis", place}});
    }
  });
  probe();
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

SharedLimits::~SharedLimits() = default;

void SharedLimits::probe() {
  auto permit = breaker_->acquire();
  if (!permit) return;
  Status ready = redis_.connect();
  if (ready) ready = settle();
  if (ready) {
    permit->success();
  } else {
    permit->failure(ready.error().message);
  }
}

void SharedLimits::work(const std::stop_token& stop) {
  while (system_clock().sleep(kLook, stop)) {
    if (breaker_->state() != BreakerState::closed) {
      probe();
      continue;
    }
    // What came between the last look and the closing of the breaker. Should this fail, it stays
    // for the next turn, and the checks find out by themselves that Redis fails.
    (void)settle();
  }
}

// Tells Redis what was let through without it.
Status SharedLimits::settle() {
  std::deque<CountedRequest> owed;
  {
    const std::lock_guard lock(mutex_);
    owed.swap(owed_);
  }
  if (owed.empty()) return {};
  const Status added = redis_.add({owed.begin(), owed.end()});
  if (added) return {};
  const std::lock_guard lock(mutex_);
  owed_.insert(owed_.begin(), owed.begin(), owed.end());
  while (owed_.size() > kMostOwed) owed_.pop_front();
  return added;
}

void SharedLimits::owe(const LimitKey& key, const Limit& limit) {
  const std::lock_guard lock(mutex_);
  owed_.push_back({key, limit, std::chrono::steady_clock::now()});
  if (owed_.size() > kMostOwed) owed_.pop_front();
}

Limit SharedLimits::share_of(const Limit& limit) const {
  return {(limit.requests + daemons_ - 1) / daemons_, limit.window};
}

Result<LimitDecision> SharedLimits::check(const LimitKey& key, const Limit& limit) {
  const Limit share = share_of(limit);
  if (auto permit = breaker_->acquire_if_closed()) {
    auto decision = [&] {
      const TurnPause pause;
      return redis_.check(key, limit);
    }();
    if (decision) {
      permit->success();
      // Where memory goes on from, should Redis fail.
      memory_.raise_to(limit.requests - decision->remaining, key, share);
      return decision;
    }
    permit->failure(decision.error().message);
  }
  if (denies_(key.scope)) {
    return Error(
        ErrorCode::overloaded,
        "requests cannot be counted just now, and this is not allowed uncounted; try again");
  }
  MKT_TRY(LimitDecision decision, memory_.check(key, share));
  if (decision.allowed) owe(key, limit);
  return decision;
}

Result<LimitDecision> SharedLimits::peek(const LimitKey& key, const Limit& limit) {
  if (auto permit = breaker_->acquire_if_closed()) {
    auto decision = redis_.peek(key, limit);
    if (decision) {
      permit->success();
      return decision;
    }
    permit->failure(decision.error().message);
  }
  return memory_.peek(key, share_of(limit));
}

Status SharedLimits::reset(const LimitKey& key, const Limit& limit) {
  MKT_CHECK(memory_.reset(key, limit));
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(owed_, [&](const CountedRequest& r) {
      return r.key.scope == key.scope && r.key.subject == key.subject;
    });
  }
  auto permit = breaker_->acquire_if_closed();
  if (!permit) {
    return Error(ErrorCode::registry_unavailable,
                 "Redis is away, and what it has counted cannot be reset; try again later");
  }
  const Status done = redis_.reset(key, limit);
  if (done) {
    permit->success();
  } else {
    permit->failure(done.error().message);
  }
  return done;
}

}  // namespace mkt
