// eventually: does something that other threads bring about become true?
//
// For what a test can only look at, and cannot wait on. It looks again every millisecond, and gives
// up when no machine is that busy any more.
#pragma once

#include <chrono>
#include <thread>

namespace mkt {

template <typename Condition>
bool eventually(const Condition& is_true) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!is_true()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace mkt
