#include "daemon/limits/shared_limits.h"

#include <algorithm>

#include "common/base/log.h"
#include "common/base/turns.h"

namespace mkt {
namespace {

BreakerOptions breaker_options() {
  BreakerOptions options;
  options.failures = options.consecutive = 1;
  options.open_for = SharedLimits::kProbeEvery;
  options.longest_open = SharedLimits::kProbeLongest;
  options.jitter = 0.2;
  options.lease = std::chrono::seconds(60);  // every call of a probe has a time limit of its own
  options.successes = 1;
  return options;
}

using Time = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{50};

}  // namespace

SharedLimits::SharedLimits(RedisUrl url, unsigned daemons, std::function<bool(LimitScope)> denies,
                           BreakerRegistry& breakers)
    : place_(url.shown()),
      has_others_(daemons > 1),
      denies_(std::move(denies)),
      redis_(url, RedisLimits::kTimeout, has_others_),
      share_(daemons),
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
  rejoins_until_ = 0;  // at the start, nothing was allowed separately
  share_.rejoin();
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  if (!has_others_) return;
  news_ = std::make_unique<RedisNews>(
      std::move(url), RedisNews::Ears{[this](const LimitNews& news) { hear(news); },
                                      [this](const std::string& reason) { lose(reason); }});
}

SharedLimits::~SharedLimits() = default;

void SharedLimits::hear(const LimitNews& news) {
  if (!news.reset) return share_.seen(news.counted, news.key, news.limit);
  share_.reset(news.key);
  ledger_.forget(news.key);
}

// Redis failed. A daemon without requests must know this too, so that it tells Redis its counts
// when Redis is back.
void SharedLimits::lose(const std::string& reason) {
  if (auto permit = breaker_->acquire_if_closed()) permit->failure(reason);
}

void SharedLimits::probe() {
  auto permit = breaker_->acquire();
  if (!permit) return;
  owes_ = true;
  Status ready = redis_.connect();
  if (ready && has_others_) share_.begin_rejoining();
  if (ready) ready = settle();
  if (!ready) {
    permit->failure(ready.error().message);
    return;
  }
  rejoins_until_ = (Time::now() + kRejoinTime).time_since_epoch().count();
  permit->success();
  // Also what was allowed since the ledger was read.
  (void)settle();
}

void SharedLimits::work(const std::stop_token& stop) {
  while (system_clock().sleep(kLook, stop)) {
    if (breaker_->state() != BreakerState::closed) {
      probe();
      continue;
    }
    // If this fails, the next turn repeats it, and the checks find out themselves that Redis fails.
    (void)settle();
    if (rejoins_until_ != 0 && !is_rejoining()) {
      rejoins_until_ = 0;
      share_.rejoin();
      owes_ = true;  // once more, so that all daemons hear the present counts
    }
  }
}

bool SharedLimits::is_rejoining() const {
  const std::int64_t until = rejoins_until_.load(std::memory_order_relaxed);
  return has_others_ && until != 0 && Time::now().time_since_epoch().count() < until;
}

// Tells Redis what this daemon has counted.
Status SharedLimits::settle() {
  if (!owes_.exchange(false)) return {};
  const Status told = redis_.merge(ledger_.in_window(Time::now()));
  if (!told) owes_ = true;
  return told;
}

// While daemons rejoin, Redis's count may lack what another daemon allowed.
Result<LimitDecision> SharedLimits::refuse_for_share(const LimitKey& key, const Limit& limit,
                                                     LimitDecision share) {
  MKT_TRY(const LimitDecision there, redis_.peek(key, limit));
  if (!there.allowed) return there;
  share.reset = std::min(share.reset, kRejoinTime);
  return share;
}

Result<LimitDecision> SharedLimits::check_in_redis(const LimitKey& key, const Limit& limit,
                                                   std::uint64_t number) {
  MKT_TRY(const RedisLimits::Counted counted, redis_.check(key, limit, number));
  const LimitDecision& decision = counted.decision;
  if (decision.allowed) ledger_.count(key, limit, counted.part, Time::now());
  share_.seen(limit.requests - decision.remaining, key, limit);
  return decision;
}

Result<LimitDecision> SharedLimits::check(const LimitKey& key, const Limit& limit) {
  const std::uint64_t number = redis_.next_number();
  std::optional<LimitDecision> share;
  if (is_rejoining()) share = share_.check(key, limit);
  if (auto permit = breaker_->acquire_if_closed()) {
    auto decision = [&] {
      const TurnPause pause;
      return share && !share->allowed ? refuse_for_share(key, limit, *share)
                                      : check_in_redis(key, limit, number);
    }();
    if (decision) {
      permit->success();
      return decision;
    }
    permit->failure(decision.error().message);
  }
  if (denies_(key.scope)) {
    return Error(ErrorCode::overloaded,
                 "requests cannot be counted now, and this one is not allowed without being "
                 "counted; try again");
  }
  const LimitDecision decision = share ? *share : share_.check(key, limit);
  if (decision.allowed) {
    ledger_.count(key, limit, redis_.part_of(limit, number), Time::now());
    owes_ = true;
  }
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
  return share_.peek(key, limit);
}

Status SharedLimits::reset(const LimitKey& key, const Limit& limit) {
  share_.reset(key);
  ledger_.forget(key);
  auto permit = breaker_->acquire_if_closed();
  if (!permit) {
    return Error(ErrorCode::registry_unavailable,
                 "Redis is unreachable, so its counts cannot be reset; try again later");
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
