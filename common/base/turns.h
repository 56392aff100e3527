// Turns: at most this many of the threads compute at the same time.
//
// Threads that mostly wait for the disk share an fsync the better the more of them there are. But
// when their waiting ends together they all want the processor, and other threads too, to read
// a request or to refuse one, gets one share of many. So each of them takes a Turn for its work,
// and whatever may make it wait for a disk or another machine gives that up for as long with a
// TurnPause. The code that waits does not know its caller: in a thread that has no turn a pause
// does nothing.
//
// No lock may be held over a pause: those whose turn it is could wait for it, and the holder for
// them. Turns are thread-safe and outlive what is taken of them; a Turn and its pauses belong to
// one thread.
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
  // Waits until there is one. A thread has one at most.
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
