// Percent coding, by RFC 3986 section 2.1: what may stand in a part of a URL, and what stood there.
//
// Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mkt {

// For a segment of a path or a value of a query: letters, digits and the `plain` signs stay, by
// default those of RFC 3986's unreserved characters; every other byte becomes %XX.
std::string percent_encode(std::string_view text, std::string_view plain = "-._~");

// In a query, forms write a space as '+'; elsewhere a plus is a plus.
enum class Plus { is_plus, is_space };

// Nothing where a '%' does not begin two hexadecimal digits. What comes out may hold any byte, zero
// too, and need not be UTF-8: that is for the caller to judge.
std::optional<std::string> percent_decode(std::string_view text, Plus plus = Plus::is_plus);

}  // namespace mkt
