// Ranges of IP addresses, as people write them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace mkt {

// An IPv4 or IPv6 address in its usual form.
bool is_address(std::string_view text);

// The one spelling of an address, as everything counts by it: an IPv4 address that came mapped into
// IPv6 ("::ffff:10.0.0.1", a dual-stack socket's) is the IPv4 address. nullopt for anything else.
std::optional<std::string> canonical_address(std::string_view text);

// The same of what a proxy writes of its client, which may have a port: "10.0.0.1:80",
// "[2001:db8::1]:80", "[2001:db8::1]".
std::optional<std::string> forwarded_address(std::string_view text);

// What is one client: the address, or of IPv6 the /64 that one line of a provider gets, written
// "2001:db8::/64". Anything that is no address is its own network.
std::string network_of(std::string_view address);

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
