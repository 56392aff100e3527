// ConnectionCount: how many connections exist in all, and from each address. IPv6 addresses count
// by their /64, as one client has all of its addresses.
//
// All fronts share one; thread-safe.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace mkt {

class ConnectionCount {
 public:
  // With `per_address` 0, an address may have any number.
  ConnectionCount(std::size_t most, std::size_t per_address)
      : most_(most), per_address_(per_address) {}

  // Behind an address: one that many share has no bound of its own.
  enum class Clients { one, many };

  // Counts one more, unless that is too many.
  bool enter(const std::string& address, Clients behind);
  void leave(const std::string& address);
  std::size_t all() const;

 private:
  const std::size_t most_;
  const std::size_t per_address_;
  mutable std::mutex mutex_;
  std::size_t all_ = 0;                                      // guarded by mutex_
  std::unordered_map<std::string, std::size_t> by_network_;  // guarded by mutex_; no count is 0
};

}  // namespace mkt
