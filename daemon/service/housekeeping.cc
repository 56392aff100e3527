#include "daemon/service/housekeeping.h"

#include <chrono>

#include "daemon/service/first_answers.h"
#include "daemon/service/installs.h"

namespace mkt {
namespace {

constexpr std::chrono::seconds kEvery{1};
constexpr int kRoundsBetweenPurges = 60;

}  // namespace

Housekeeping::Housekeeping(const Marketplace& market, Retention::Keep keep)
    : market_(market),
      job_(market.store.jobs().stand_for("housekeeping")),
      retention_(market, std::move(keep)),
      thread_([this] { work(); }) {}

Housekeeping::~Housekeeping() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

bool Housekeeping::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

// Each step is a commit of its own, so that other changes can run between them.
template <typename Step>
void Housekeeping::until_nothing_is_left(Step step) {
  while (!stopping() && job_->term()) {
    const auto done = step();
    if (!done || *done == 0) return;
  }
}

// A failing store is reported by the log and by requests; here it is only tried again.
void Housekeeping::work() {
  std::unique_lock lock(mutex_);
  for (int round = 0; !stopping_; ++round) {
    lock.unlock();
    until_nothing_is_left([&] { return expire_requests(market_, market_.now()); });
    const auto ended = [this] { return stopping() || !job_->term(); };
    if (ended()) {
      retention_.rest();
    } else {
      (void)retention_.round(ended);
    }
    if (round % kRoundsBetweenPurges == 0) {
      until_nothing_is_left([&] { return remove_expired_answers(market_, market_.now()); });
    }
    lock.lock();
    wake_.wait_for(lock, kEvery, [this] { return stopping_; });
  }
}

}  // namespace mkt
