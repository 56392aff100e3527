// Signals as calls: SIGTERM and SIGINT stop, a second one ends the process at once, SIGHUP reloads.
//
// A thread of its own waits for them, so that what they call may do anything. `block_signals`
// first, before there are other threads: they inherit it.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

namespace mkt {

class SignalWatch {
 public:
  static void block_signals();

  SignalWatch(std::function<void()> stop, std::function<void()> reload);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  void work();

  std::function<void()> stop_;
  std::function<void()> reload_;
  sigset_t signals_{};
  std::thread thread_;
};

}  // namespace mkt
