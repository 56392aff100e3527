// Host, Origin, X-Forwarded-For; see admission.h.
#include "daemon/http/admission.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxShown = 100;
// Proxies between the client and us that are looked through.
constexpr int kMaxForwards = 16;

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

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// "Host:3456" and "[::1]:3456" without the port.
std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, std::min(host.find(']'), host.size()) - 1);
  return host.substr(0, host.find(':'));
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

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

Admission::Admission(std::vector<std::string> hosts, std::vector<std::string> origins,
                     std::vector<AddressRange> trusted_proxies)
    : hosts_(std::move(hosts)),
      origins_(std::move(origins)),
      trusted_proxies_(std::move(trusted_proxies)) {
  for (std::string& host : hosts_) host = lower(host);
  for (std::string& origin : origins_) origin = lower(origin);
}

Status Admission::check_host(std::string_view host) const {
  const std::string name = lower(without_port(host));
  if (name == "localhost" || parse_address(name) ||
      std::find(hosts_.begin(), hosts_.end(), name) != hosts_.end()) {
    return {};
  }
  return Error(ErrorCode::host_not_allowed,
               fmt::format("\"{}\" is no name of this registry; an admin can make it one: "
                           "allowed-hosts in mktd.conf",
                           printable(name.substr(0, kMaxShown))));
}

Status Admission::check_origin(std::string_view origin, std::string_view host) const {
  if (origin.empty()) return {};
  const std::string text = lower(origin);
  const std::string here = lower(host);
  if (text == "http://" + here || text == "https://" + here ||
      std::find(origins_.begin(), origins_.end(), text) != origins_.end()) {
    return {};
  }
  return Error(ErrorCode::origin_not_allowed,
               fmt::format("web pages of \"{}\" may not use this registry; an admin can allow "
                           "them: allowed-origins in mktd.conf",
                           printable(text.substr(0, kMaxShown))));
}

bool Admission::is_trusted(std::string_view address) const {
  return std::any_of(trusted_proxies_.begin(), trusted_proxies_.end(),
                     [&](const AddressRange& range) { return range.contains(address); });
}

Result<std::string> Admission::admit(const RequestHead& head, const Peer& peer) const {
  const std::string_view host = head.header("host");
  if (!peer.is_local && !host.empty()) MKT_CHECK(check_host(host));
  MKT_CHECK(check_origin(head.header("origin"), host));
  std::string address = peer.address;
  if (trusted_proxies_.empty()) return address;
  // From the nearest to the farthest, for as long as who says so is trusted. RFC 7239 section 8.1.
  std::string all;
  for (const auto& [name, value] : head.headers) {
    if (name == "x-forwarded-for") all += (all.empty() ? "" : ",") + value;
  }
  std::string_view list = all;
  for (int i = 0; i < kMaxForwards && !list.empty() && is_trusted(address); ++i) {
    const std::size_t comma = list.rfind(',');
    const std::string_view last =
        trimmed(comma == std::string_view::npos ? list : list.substr(comma + 1));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
    if (!parse_address(last)) break;
    address = last;
  }
  return address;
}

}  // namespace mkt
