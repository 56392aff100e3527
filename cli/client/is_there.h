// Whether something has a name.
#pragma once

#include <filesystem>
#include <system_error>

namespace mkt {

// Also a link that leads nowhere.
inline bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

}  // namespace mkt
