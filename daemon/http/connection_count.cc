#include "daemon/http/connection_count.h"

#include "common/base/address_range.h"

namespace mkt {

bool ConnectionCount::enter(const std::string& address, Clients behind) {
  const std::string network = network_of(address);
  const std::lock_guard lock(mutex_);
  if (all_ >= most_) return false;
  const auto it = by_network_.find(network);
  const std::size_t here = it == by_network_.end() ? 0 : it->second;
  if (behind == Clients::one && per_address_ > 0 && here >= per_address_) return false;
  ++all_;
  ++by_network_[network];
  return true;
}

void ConnectionCount::leave(const std::string& address) {
  const std::string network = network_of(address);
  const std::lock_guard lock(mutex_);
  const auto it = by_network_.find(network);
  if (it == by_network_.end()) return;
  --all_;
  if (--it->second == 0) by_network_.erase(it);
}

std::size_t ConnectionCount::all() const {
  const std::lock_guard lock(mutex_);
  return all_;
}

}  // namespace mkt
