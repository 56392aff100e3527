// Parsing and comparing addresses; see address_range.h.
#include "common/base/address_range.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxShown = 100;

struct Parsed {
  bool is_v6;
  std::array<std::uint8_t, 16> bytes{};
};

std::optional<Parsed> parse_address(std::string_view text) {
  const std::string address(text);
  Parsed parsed{false, {}};
  if (::inet_pton(AF_INET, address.c_str(), parsed.bytes.data()) == 1) return parsed;
  parsed.is_v6 = true;
  if (::inet_pton(AF_INET6, address.c_str(), parsed.bytes.data()) == 1) return parsed;
  return std::nullopt;
}

}  // namespace

bool is_address(std::string_view text) { return parse_address(text).has_value(); }

Result<AddressRange> AddressRange::parse(std::string_view text) {
  AddressRange range;
  if (text == "unix") {
    range.is_unix_ = true;
    return range;
  }
  const std::size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  const unsigned most = address && address->is_v6 ? 128 : 32;
  range.bits_ = most;
  bool valid = address.has_value();
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), range.bits_);
    valid = valid && error == std::errc() && end == digits.data() + digits.size() &&
            range.bits_ <= most;
  }
  if (!valid) {
    return Error(ErrorCode::usage_error,
                 fmt::format("\"{}\" is no range of addresses; write 10.0.0.0/8, fd00::/8, an "
                             "address, or unix",
                             printable(text.substr(0, kMaxShown))));
  }
  range.is_v6_ = address->is_v6;
  range.address_ = address->bytes;
  return range;
}

bool AddressRange::contains(std::string_view address) const {
  if (is_unix_) return address == "unix";
  const auto parsed = parse_address(address);
  if (!parsed || parsed->is_v6 != is_v6_) return false;
  for (unsigned bit = 0; bit < bits_; bit += 8) {
    const unsigned left = std::min(8U, bits_ - bit);
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - left));
    if (((parsed->bytes[bit / 8] ^ address_[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

}  // namespace mkt
