// counted(1, "tarball") is "1 tarball", counted(2, "tarball") is "2 tarballs": for what people
// read.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/json.h"

namespace mkt {

inline std::string counted(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

// The number that an object has; 0 where it has none.
inline std::string counted_member(const Json& object, const char* member, std::string_view noun) {
  return counted(static_cast<std::uint64_t>(number_member(object, member).value_or(0)), noun);
}

}  // namespace mkt
