// The name of a file that holds what is known of one registry.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace mkt {

// "http+127.0.0.1:3456" and the ending; an origin contains no '+'.
inline std::filesystem::path origin_file(const std::filesystem::path& folder,
                                         const std::string& origin, std::string_view ending) {
  std::string name = origin;
  if (const std::size_t scheme = name.find("://"); scheme != std::string::npos) {
    name.replace(scheme, 3, "+");
  }
  return folder / name.append(ending);
}

}  // namespace mkt
