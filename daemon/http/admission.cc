// Checks Host, Origin and X-Forwarded-For.
#include "daemon/http/admission.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.h"
#include "common/base/utf8.h"
#include "daemon/http/mcp_path.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxShown = 100;
// At most this many proxies between the client and the daemon are considered.
constexpr int kMaxForwards = 16;

// "Host:3456" and "[::1]:3456" without the port. RequestHead has checked the form.
std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, std::min(host.find(']'), host.size()) - 1);
  return host.substr(0, host.find(':'));
}

// The same for the end of an origin, which may be nothing.
bool is_port(std::string_view text) {
  return text.empty() || (text.front() == ':' && parse_whole<std::uint16_t>(text.substr(1)));
}

}  // namespace

bool is_always_allowed(std::string_view host) {
  return lower_case(host) == "localhost" || is_address(host);
}

bool is_host_name(std::string_view text) {
  if (is_address(text)) return true;
  constexpr std::size_t kMost = 253;  // RFC 1035 section 2.3.4, without the last dot
  constexpr std::size_t kMostOfLabel = 63;
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > kMost) return false;
  std::size_t label = 0;
  for (const char c : text) {
    if (c == '.' && label == 0) return false;
    if (c != '.' && c != '-' && c != '_' && !is_ascii_letter(c) && !is_ascii_digit(c)) return false;
    label = c == '.' ? 0 : label + 1;
    if (label > kMostOfLabel) return false;
  }
  return label > 0;
}

bool is_web_origin(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto fits = [](char c) {  // RFC 3986 section 3.1; an editor's page has a scheme of its own
    return is_ascii_letter(c) || is_ascii_digit(c) || c == '+' || c == '-' || c == '.';
  };
  const std::string_view scheme = text.substr(0, colon);
  if (!is_ascii_letter(scheme.front()) || !std::all_of(scheme.begin(), scheme.end(), fits)) {
    return false;
  }
  const std::string_view host = text.substr(colon + 3);
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    return end != std::string_view::npos && is_address(host.substr(1, end - 1)) &&
           is_port(host.substr(end + 1));
  }
  const std::size_t end = std::min(host.find(':'), host.size());
  const std::string_view port = host.substr(end);
  // The port that a scheme has anyway is never written: RFC 6454 section 6.2.
  const std::string_view usual = lower_case(scheme) == "https"  ? ":443"
                                 : lower_case(scheme) == "http" ? ":80"
                                                                : "";
  return is_host_name(host.substr(0, end)) && is_port(port) && (port.empty() || port != usual);
}

Admission::Admission(std::vector<std::string> hosts, std::vector<std::string> origins,
                     std::vector<AddressRange> trusted_proxies, bool anyone_reads)
    : hosts_(std::move(hosts)),
      origins_(std::move(origins)),
      trusted_proxies_(std::move(trusted_proxies)),
      anyone_reads_(anyone_reads) {
  for (std::string& host : hosts_) host = lower_case(host);
  for (std::string& origin : origins_) origin = lower_case(origin);
}

Status Admission::check_host(std::string_view host) const {
  const std::string name = lower_case(without_port(host));
  if (is_always_allowed(name) || std::find(hosts_.begin(), hosts_.end(), name) != hosts_.end()) {
    return {};
  }
  return Error(ErrorCode::host_not_allowed,
               fmt::format("\"{}\" is not a name of this registry; an admin can make it one: "
                           "allowed-hosts in mktd.conf",
                           printable(name.substr(0, kMaxShown))));
}

Result<Cors> Admission::check_origin(const RequestHead& head, std::string_view host) const {
  if (is_mcp_path(head.path)) return Cors{Cors::Readers::mcp, false, {}};
  const std::string_view origin = head.header("origin");
  const bool is_read = is_anonymous_read(head);
  const Cors::Readers others = is_read ? Cors::Readers::anyone : Cors::Readers::same_origin;
  if (origin.empty()) return Cors{others, !origins_.empty(), {}};
  const std::string text = lower_case(origin);
  if (std::find(origins_.begin(), origins_.end(), text) != origins_.end()) {
    return Cors{Cors::Readers::origin, true, std::string(origin)};
  }
  const std::string here = lower_case(host);
  if (is_read || text == "http://" + here || text == "https://" + here) {
    return Cors{others, !origins_.empty(), {}};
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

Result<Admitted> Admission::admit(const RequestHead& head, const Peer& peer) const {
  const std::string_view host = head.header("host");
  if (!host.empty() && (!peer.is_local || !hosts_.empty())) MKT_CHECK(check_host(host));
  MKT_TRY(Cors cors, check_origin(head, host));
  std::string address = peer.address;
  if (trusted_proxies_.empty()) return Admitted{std::move(address), std::move(cors), anyone_reads_};
  // From the nearest to the farthest, while the one who wrote it is trusted. RFC 7239 section 8.1.
  std::string all;
  for (const auto& [name, value] : head.headers) {
    if (name == "x-forwarded-for") all += (all.empty() ? "" : ",") + value;
  }
  std::string_view list = all;
  for (int i = 0; i < kMaxForwards && !list.empty() && is_trusted(address); ++i) {
    const std::size_t comma = list.rfind(',');
    const std::string_view last =
        trim(comma == std::string_view::npos ? list : list.substr(comma + 1), " ");
    list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
    auto named = forwarded_address(last);
    if (!named) break;
    address = std::move(*named);
  }
  return Admitted{std::move(address), std::move(cors), anyone_reads_};
}

}  // namespace mkt
