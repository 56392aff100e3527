#include "daemon/ops/set_up.h"

#include <system_error>

#include "daemon/http/listener.h"

namespace mkt {

bool is_https(std::string_view address) { return address.starts_with(kHttpsScheme); }

std::string clients_address(const SetUp& now) {
  for (const std::string& address : now.listen) {
    if (!address.starts_with("unix:") && !address.ends_with(":0")) return address;
  }
  return {};
}

std::filesystem::path whole_path(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path whole = std::filesystem::absolute(path, error).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  return error ? path : whole;
}

}  // namespace mkt
