// UploadSlots: limits how many bodies are read at the same time, in all and per client.
//
// A request holds a slot from the first byte read of its body until it is answered. One publisher
// (or token) may hold a quarter of the slots and one network half of them, so slow clients of one
// origin cannot keep everybody else out. A request that finds no free slot waits, as long as its
// patience allows. Among the waiting requests that may have a slot, the first to come is served
// first. One origin may also only be a part of those that wait.
//
// Thread-safe; `take` blocks its thread. Any thread may give a Slot back.
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
  // Whom the slot counts for; an empty part does not count.
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

  // overloaded where no slot is free in time, or where too many requests of the same origin wait.
  Result<Slot> take(Claim claim, std::chrono::milliseconds patience);

  // How many wait.
  std::size_t waiting() const;

 private:
  // Places of which each origin may have only a part.
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
