// Parts of a URL: percent-encoding (RFC 3986 section 2.1), which text is one, and what must not be
// shown. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mkt {

// For a path segment or a query value. Letters, digits and the `plain` signs stay, by default the
// unreserved characters of RFC 3986; every other byte becomes %XX.
std::string percent_encode(std::string_view text, std::string_view plain = "-._~");

// In a query, HTML forms write a space as '+'; elsewhere a plus is a plus.
enum class Plus { is_plus, is_space };

// nullopt where two hex digits do not follow a '%'. The result may hold any byte, also zero, and
// need not be UTF-8; the caller must check.
std::optional<std::string> percent_decode(std::string_view text, Plus plus = Plus::is_plus);

// True for http://… or https://… without blanks and the other signs that RFC 3986 keeps out of a
// URL.
bool is_http_url(std::string_view text);

// A URL, or what was meant as one, without its user and password, for a message. All that stands
// before the last '@' goes, for what is no URL may have its secret anywhere.
std::string without_user_info(std::string_view url);

}  // namespace mkt
