#include "daemon/http/upload_slots.h"

#include <algorithm>

namespace mkt {
namespace {

// One publisher or token may have this part of all places, and one network that part.
constexpr std::size_t kPartOfOne = 4;
constexpr std::size_t kPartOfNetwork = 2;

std::size_t part(std::size_t most, std::size_t of) { return std::max<std::size_t>(1, most / of); }

bool has_part(const std::map<std::string, std::size_t>& taken, const std::string& name,
              std::size_t most) {
  if (name.empty()) return true;
  const auto it = taken.find(name);
  return it == taken.end() || it->second < most;
}

void leave_one(std::map<std::string, std::size_t>& taken, const std::string& name) {
  const auto it = taken.find(name);
  if (it != taken.end() && --it->second == 0) taken.erase(it);
}

}  // namespace

bool UploadSlots::Places::has_room_for(const Claim& claim) const {
  return taken < most && has_part(by_who, claim.who, part(most, kPartOfOne)) &&
         has_part(by_network, claim.network, part(most, kPartOfNetwork));
}

void UploadSlots::Places::enter(const Claim& claim) {
  ++taken;
  if (!claim.who.empty()) ++by_who[claim.who];
  if (!claim.network.empty()) ++by_network[claim.network];
}

void UploadSlots::Places::leave(const Claim& claim) {
  --taken;
  leave_one(by_who, claim.who);
  leave_one(by_network, claim.network);
}

Result<UploadSlots::Slot> UploadSlots::take(Claim claim, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  // No waiter may have this slot: give_back has served all who may.
  if (slots_.has_room_for(claim)) {
    slots_.enter(claim);
    return Slot(*this, std::move(claim));
  }
  if (!waiting_.has_room_for(claim)) {
    return Error(ErrorCode::overloaded, "too many uploads wait here; try again");
  }
  waiting_.enter(claim);
  const auto self = queue_.insert(queue_.end(), {claim});
  served_.wait_for(lock, patience, [&] { return self->served; });
  waiting_.leave(claim);
  const bool served = self->served;
  queue_.erase(self);
  if (!served) {
    return Error(ErrorCode::overloaded,
                 "all uploads that may run at the same time are in progress; try again");
  }
  return Slot(*this, std::move(claim));
}

void UploadSlots::give_back(const Claim& claim) {
  {
    const std::lock_guard lock(mutex_);
    slots_.leave(claim);
    for (Waiter& waiter : queue_) {
      if (waiter.served || !slots_.has_room_for(waiter.claim)) continue;
      slots_.enter(waiter.claim);
      waiter.served = true;
    }
  }
  served_.notify_all();
}

std::size_t UploadSlots::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

}  // namespace mkt
