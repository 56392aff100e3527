// The clock's chores; see housekeeping.h.
#include "daemon/service/housekeeping.h"

#include <chrono>

namespace mkt {
namespace {

constexpr std::chrono::seconds kEvery{1};
constexpr int kRoundsBetweenPurges = 600;

}  // namespace

Housekeeping::Housekeeping(const Marketplace& market)
    : market_(market), thread_([this] { work(); }) {}

Housekeeping::~Housekeeping() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

// A store that fails is the log's and the requests' business; here it is tried again.
void Housekeeping::work() {
  std::unique_lock lock(mutex_);
  for (int round = 0; !stopping_; ++round) {
    lock.unlock();
    for (;;) {
      const auto expired = market_.store.expire_requests(market_.now());
      if (!expired || *expired == 0) break;
    }
    if (round % kRoundsBetweenPurges == 0)
      (void)market_.store.remove_expired_answers(market_.now());
    lock.lock();
    wake_.wait_for(lock, kEvery, [this] { return stopping_; });
  }
}

}  // namespace mkt
