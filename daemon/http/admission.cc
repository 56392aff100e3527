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

}  // namespace

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
  if (name == "localhost" || is_address(name) ||
      std::find(hosts_.begin(), hosts_.end(), name) != hosts_.end()) {
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
