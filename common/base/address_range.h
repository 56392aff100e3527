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

// The one spelling of an address, by which everything counts. An IPv4 address mapped into IPv6
// ("::ffff:10.0.0.1", as a dual-stack socket reports it) becomes the IPv4 address. nullopt for
// anything else.
std::optional<std::string> canonical_address(std::string_view text);

// The same for an address that a proxy wrote of its client. It may have a port: "10.0.0.1:80",
// "[2001:db8::1]:80", "[2001:db8::1]".
std::optional<std::string> forwarded_address(std::string_view text);

// What counts as one client: an IPv4 address, or the /64 of an IPv6 address, which is what a
// provider gives to one line, written "2001:db8::/64". Text that is no address is its own network.
std::string network_of(std::string_view address);

// "10.0.0.0/8", "fd00::/8", a single address, or "unix" for every client of a Unix socket.
class AddressRange {
 public:
  // usage_error for anything else.
  static Result<AddressRange> parse(std::string_view text);
  bool contains(std::string_view address) const;

 private:
  bool is_unix_ = false;
  bool is_v6_ = false;
  unsigned bits_ = 0;
  std::array<std::uint8_t, 16> address_{};
};

}  // namespace mkt
