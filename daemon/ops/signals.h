// Turns signals into calls: SIGTERM and SIGINT stop, a second one ends the process at once, SIGHUP
// reloads.
//
// A thread waits for the signals, so the functions it calls may do anything. Call `block_signals`
// before any other thread exists, as threads inherit it.
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
