// Ranges of IP addresses, as people write them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "common/base/result.h"

namespace mkt {

// An IPv4 or IPv6 address in its usual form.
bool is_address(std::string_view text);

// "10.0.0.0/8", "fd00::/8", a single address, or "unix" for every client of a Unix socket.
class AddressRange {
 public:
  // usage_error.
  static Result<AddressRange> parse(std::string_view text);
  bool contains(std::string_view address) const;

 private:
  bool is_unix_ = false;
  bool is_v6_ = false;
  unsigned bits_ = 0;
  std::array<std::uint8_t, 16> address_{};
};

}  // namespace mkt
