// Range requests (RFC 9110, section 14): one range of bytes, or the whole.
#pragma once

#include <cstdint>
#include <string_view>

namespace mkt {

struct RangeAnswer {
  enum class Kind { whole, part, unsatisfiable };
  Kind kind = Kind::whole;
  std::uint64_t offset = 0;  // bytes
  std::uint64_t length = 0;  // bytes
};

// What to send of `size` bytes for the value of a Range field (empty: none). As the RFC allows, a
// field that is malformed, has another unit or several ranges is ignored: the whole is sent.
RangeAnswer select_range(std::string_view field, std::uint64_t size);

// True when an If-None-Match field names the ETag or is "*". The comparison is weak.
bool etag_matches(std::string_view field, std::string_view etag);

}  // namespace mkt
