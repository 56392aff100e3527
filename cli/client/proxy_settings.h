// Which proxy libcurl uses for a registry, by the environment: what `mkt doctor` tells.
//
// The same rules as libcurl's (its manual, "Environment variables"): http_proxy in lower case only,
// https_proxy and all_proxy in both, no_proxy with names, addresses and ranges. A registry on a
// loopback address is never reached through a proxy (common/http/http_client.h). Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace mkt {

struct ProxyChoice {
  std::string proxy;     // as it was given, without user and password; empty: none is named
  std::string variable;  // that names it
  // Why it is not used, though it is named: "127.0.0.1 is this machine", "no_proxy has …"; else
  // empty.
  std::string bypass;
  std::string problem;  // why libcurl could not use it, or why a variable has no effect; else empty

  bool is_used() const { return !proxy.empty() && bypass.empty(); }
};

// `environment` gives what a variable holds, empty where it is not set.
ProxyChoice proxy_for(std::string_view origin,
                      const std::function<std::string(const char*)>& environment);

}  // namespace mkt
