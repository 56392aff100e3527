#include "cli/client/proxy_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "cli/client/settings.h"
#include "common/base/address_range.h"
#include "common/base/text.h"
#include "common/base/url.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

using Environment = std::function<std::string(const char*)>;

struct Variable {
  std::string name;
  std::string value;
};

Variable first_set(const Environment& environment, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (std::string value = environment(name); !value.empty()) return {name, std::move(value)};
  }
  return {};
}

// "example.org" of "https://example.org:8443", "::1" of "http://[::1]:80".
std::string host_of(std::string_view origin) {
  std::string_view rest = origin.substr(std::min(origin.find("://") + 3, origin.size()));
  if (rest.starts_with('[')) return std::string(rest.substr(1, rest.find(']') - 1));
  return std::string(rest.substr(0, rest.find(':')));
}

// One entry of no_proxy: a name stands for itself and everything below it.
bool matches_entry(std::string_view host, std::string_view entry) {
  if (entry == "*") return true;
  if (is_address(host)) {
    const auto range = AddressRange::parse(entry);
    return range && range->contains(host);
  }
  if (entry.starts_with('.')) entry.remove_prefix(1);
  if (entry.empty() || !host.ends_with(entry)) return false;
  return host.size() == entry.size() || host[host.size() - entry.size() - 1] == '.';
}

// The entry that matches, else empty.
std::string matching_entry(const std::string& host, const std::string& list) {
  constexpr std::string_view kBetween = ", \t";
  std::size_t at = 0;
  while ((at = list.find_first_not_of(kBetween, at)) != std::string::npos) {
    const std::size_t end = std::min(list.find_first_of(kBetween, at), list.size());
    std::string entry = lower_case(std::string_view(list).substr(at, end - at));
    if (matches_entry(host, entry)) return entry;
    at = end;
  }
  return {};
}

bool is_known_scheme(const std::string& proxy) {
  constexpr auto kSchemes = std::to_array<std::string_view>(
      {"http", "https", "socks", "socks4", "socks4a", "socks5", "socks5h"});
  const std::size_t end = proxy.find("://");
  if (end == std::string::npos) return true;  // http
  return std::find(kSchemes.begin(), kSchemes.end(), lower_case(proxy.substr(0, end))) !=
         kSchemes.end();
}

}  // namespace

ProxyChoice proxy_for(std::string_view origin, const Environment& environment) {
  const bool is_https = origin.starts_with("https://");
  Variable named = is_https ? first_set(environment, {"https_proxy", "HTTPS_PROXY"})
                            : first_set(environment, {"http_proxy"});
  if (named.value.empty()) named = first_set(environment, {"all_proxy", "ALL_PROXY"});
  ProxyChoice choice{printable(without_user_info(named.value)), named.name, {}, {}};
  const std::string host = host_of(origin);
  if (named.value.empty()) {
    if (!is_https && !is_loopback(origin) && !environment("HTTP_PROXY").empty()) {
      choice.problem = "HTTP_PROXY has no effect: for http only http_proxy in lower case is read";
    }
    return choice;
  }
  if (is_loopback(origin)) {
    choice.bypass = host + " is this machine";
    return choice;
  }
  const Variable exceptions = first_set(environment, {"no_proxy", "NO_PROXY"});
  if (const std::string entry = matching_entry(host, exceptions.value); !entry.empty()) {
    choice.bypass = fmt::format("{} has {}", exceptions.name, printable(entry));
    return choice;
  }
  if (!is_known_scheme(named.value)) {
    choice.problem = fmt::format("{} names a kind of proxy that is not known", named.name);
  }
  return choice;
}

}  // namespace mkt
