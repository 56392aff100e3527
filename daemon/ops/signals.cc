// sigwait in a thread.
#include "daemon/ops/signals.h"

#include <pthread.h>
#include <unistd.h>

namespace mkt {
namespace {

constexpr int kEndWatch = SIGUSR1;

sigset_t awaited() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int s : {SIGTERM, SIGINT, SIGHUP, kEndWatch}) sigaddset(&signals, s);
  return signals;
}

}  // namespace

void SignalWatch::block_signals() {
  const sigset_t signals = awaited();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

SignalWatch::SignalWatch(std::function<void()> stop, std::function<void()> reload)
    : stop_(std::move(stop)),
      reload_(std::move(reload)),
      signals_(awaited()),
      thread_([this] { work(); }) {}

SignalWatch::~SignalWatch() {
  ::pthread_kill(thread_.native_handle(), kEndWatch);
  thread_.join();
}

void SignalWatch::work() {
  bool asked = false;
  for (;;) {
    int signal = 0;
    ::sigwait(&signals_, &signal);
    if (signal == kEndWatch) return;
    if (signal == SIGHUP) {
      reload_();
      continue;
    }
    if (asked) ::_exit(128 + signal);
    asked = true;
    stop_();
  }
}

}  // namespace mkt
