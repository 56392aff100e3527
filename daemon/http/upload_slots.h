// UploadSlots: how many bodies are read at once, and whose.
//
// A slot is held from the first byte that is read of a body until its request is answered. One
// publisher (or token) may hold a quarter of the slots and one network half of them, so that slow
// clients of one origin cannot keep everybody else out. Who finds none free waits, for as long as
// it has patience, and is served in the order of coming among those who may; of those who wait,
// too, one origin may be a part only.
//
// Thread-safe; `take` blocks its thread. A Slot may be given back by any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "common/base/result.h"

namespace mkt {

class UploadSlots {
 public:
  // Who is counted; an empty part is not.
  struct Claim {
    std::string who;
    std::string network;
  };

  class Slot {
   public:
    Slot(Slot&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), claim_(std::move(other.claim_)) {}
    Slot& operator=(Slot&&) = delete;
    Slot(const Slot&) = delete;
    ~Slot() {
      if (owner_ != nullptr) owner_->give_back(claim_);
    }

   private:
    friend class UploadSlots;
    Slot(UploadSlots& owner, Claim claim) : owner_(&owner), claim_(std::move(claim)) {}
    UploadSlots* owner_;
    Claim claim_;
  };

  UploadSlots(std::size_t slots, std::size_t waiting) : slots_{slots}, waiting_{waiting} {}
  UploadSlots(const UploadSlots&) = delete;
  UploadSlots& operator=(const UploadSlots&) = delete;

  // overloaded when there is none in time, or too many of the same wait already.
  Result<Slot> take(Claim claim, std::chrono::milliseconds patience);

  // Who waits.
  std::size_t waiting() const;

 private:
  // Places of which each origin may have its part.
  struct Places {
    std::size_t most;
    std::size_t taken = 0;
    std::map<std::string, std::size_t> by_who = {};
    std::map<std::string, std::size_t> by_network = {};

    bool has_room_for(const Claim& claim) const;
    void enter(const Claim& claim);
    void leave(const Claim& claim);
  };
  struct Waiter {
    Claim claim;
    bool served = false;
  };
  void give_back(const Claim& claim);

  mutable std::mutex mutex_;
  std::condition_variable served_;
  Places slots_;             // guarded by mutex_
  Places waiting_;           // guarded by mutex_
  std::list<Waiter> queue_;  // guarded by mutex_
};

}  // namespace mkt
