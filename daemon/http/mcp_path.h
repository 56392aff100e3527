// The addresses of the MCP registry's API: /v0.1/… for everyone, /t/TENANT/v0.1/… for a tenant.
//
// It is read by web pages and editors of any origin, so all its answers carry the same CORS fields,
// and it takes no writes.
#pragma once

#include <string_view>

namespace mkt {

inline bool is_mcp_path(std::string_view path) {
  constexpr std::string_view kTenant = "/t/";
  if (path.starts_with(kTenant)) {
    const std::size_t end = path.find('/', kTenant.size());
    if (end == std::string_view::npos) return false;
    path.remove_prefix(end);
  }
  return path.starts_with("/v0.1/");
}

}  // namespace mkt
