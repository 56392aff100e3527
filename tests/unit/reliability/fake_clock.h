// FakeClock: a clock that moves only when a test moves it; sleeping moves it, too.
#pragma once

#include <vector>

#include "common/reliability/clock.h"

namespace mkt {

class FakeClock : public Clock {
 public:
  TimePoint now() const override { return now_; }
  bool sleep(std::chrono::milliseconds time, std::stop_token stop) override {
    if (stop.stop_requested()) return false;
    slept.push_back(time);
    now_ += time;
    return true;
  }
  double random() override { return chance; }

  void advance(std::chrono::nanoseconds time) { now_ += time; }

  double chance = 0.5;
  std::vector<std::chrono::milliseconds> slept;

 private:
  TimePoint now_{std::chrono::hours(1000)};
};

}  // namespace mkt
