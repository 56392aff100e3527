// Turns: limits how many threads compute at the same time.
//
// When many threads mostly wait for the disk, more of them share one fsync. But when their waits
// end together, all of them want the processor, and a thread that reads or refuses a request gets
// only a small share of it. So each of them takes a Turn for its work. Code that may wait for a
// disk or for another machine gives the turn up while it waits, with a TurnPause. That code need
// not know its caller: in a thread that has no turn, a pause does nothing.
//
// Hold no lock during a pause: threads that have a turn could wait for the lock, and its holder for
// a turn. Turns is thread-safe and must outlive every Turn; a Turn and its pauses belong to one
// thread.
#pragma once

#include <utility>

#include "common/base/semaphore.h"

namespace mkt {

class Turns {
 public:
  explicit Turns(unsigned at_once) : free_(at_once) {}

 private:
  friend class Turn;
  friend class TurnPause;
  Semaphore free_;
};

class Turn {
 public:
  // Waits for a free turn. A thread may hold only one.
  explicit Turn(Turns& turns) : turns_(turns) {
    turns_.free_.wait();
    held_ = &turns_;
  }
  ~Turn() {
    held_ = nullptr;
    turns_.free_.raise();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  friend class TurnPause;
  static inline thread_local Turns* held_ = nullptr;
  Turns& turns_;
};

class TurnPause {
 public:
  TurnPause() : turns_(std::exchange(Turn::held_, nullptr)) {
    if (turns_ != nullptr) turns_->free_.raise();
  }
  ~TurnPause() {
    if (turns_ != nullptr) turns_->free_.wait();
    Turn::held_ = turns_;
  }
  TurnPause(const TurnPause&) = delete;
  TurnPause& operator=(const TurnPause&) = delete;

 private:
  Turns* turns_;
};

}  // namespace mkt
