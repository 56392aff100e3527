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
constexpr unsigned kMappedBits = 96;      // of ::ffff:0:0/96, RFC 4291 section 2.5.5.2
constexpr std::size_t kNetworkBytes = 8;  // of a /64

struct Parsed {
  bool is_v6;
  std::array<std::uint8_t, 16> bytes{};
};

bool is_mapped(const Parsed& a) {
  constexpr std::array<std::uint8_t, kMappedBits / 8> kPrefix = {0, 0, 0, 0, 0,    0,
                                                                 0, 0, 0, 0, 0xff, 0xff};
  return a.is_v6 && std::equal(kPrefix.begin(), kPrefix.end(), a.bytes.begin());
}

// The IPv4 address inside an address for which is_mapped is true.
Parsed unmapped(const Parsed& a) {
  Parsed v4{false, {}};
  std::copy(a.bytes.begin() + kMappedBits / 8, a.bytes.end(), v4.bytes.begin());
  return v4;
}

std::string text_of(const Parsed& a) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(a.is_v6 ? AF_INET6 : AF_INET, a.bytes.data(), text.data(), text.size());
  return text.data();
}

std::optional<Parsed> parse_address(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string address(text);
  Parsed parsed{false, {}};
  if (::inet_pton(AF_INET, address.c_str(), parsed.bytes.data()) == 1) return parsed;
  parsed.is_v6 = true;
  if (::inet_pton(AF_INET6, address.c_str(), parsed.bytes.data()) == 1) return parsed;
  return std::nullopt;
}

}  // namespace

bool is_address(std::string_view text) { return parse_address(text).has_value(); }

std::optional<std::string> canonical_address(std::string_view text) {
  const auto parsed = parse_address(text);
  if (!parsed) return std::nullopt;
  return text_of(is_mapped(*parsed) ? unmapped(*parsed) : *parsed);
}

std::optional<std::string> forwarded_address(std::string_view text) {
  if (const auto plain = canonical_address(text)) return plain;
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (host.find(':') == std::string_view::npos) return std::nullopt;
    if (!port.empty() && !port.starts_with(':')) return std::nullopt;
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon);
  }
  constexpr std::size_t kMaxPort = 6;  // with its colon
  const bool digits = std::all_of(port.begin() + (port.empty() ? 0 : 1), port.end(),
                                  [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || port.size() == 1 || port.size() > kMaxPort) return std::nullopt;
  return canonical_address(host);
}

std::string network_of(std::string_view address) {
  auto parsed = parse_address(address);
  if (!parsed || !parsed->is_v6) return std::string(address);
  if (is_mapped(*parsed)) return text_of(unmapped(*parsed));
  std::fill(parsed->bytes.begin() + kNetworkBytes, parsed->bytes.end(), std::uint8_t{0});
  return text_of(*parsed) + "/64";
}

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
    return Error(
        ErrorCode::usage_error,
        fmt::format(
            "\"{}\" is not a range of addresses; write 10.0.0.0/8, fd00::/8, an address, or unix",
            printable(text.substr(0, kMaxShown))));
  }
  // canonical_address unmaps addresses, so the range is kept unmapped too.
  const bool mapped = is_mapped(*address) && range.bits_ >= kMappedBits;
  const Parsed meant = mapped ? unmapped(*address) : *address;
  if (mapped) range.bits_ -= kMappedBits;
  range.is_v6_ = meant.is_v6;
  range.address_ = meant.bytes;
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
