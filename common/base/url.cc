#include "common/base/url.h"

#include <fmt/format.h>

#include "common/base/text.h"

namespace mkt {

std::string percent_encode(std::string_view text, std::string_view plain) {
  std::string out;
  for (const char c : text) {
    if (is_ascii_letter(c) || is_ascii_digit(c) || plain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (text.size() - i < 3) return std::nullopt;
      const auto byte = parse_whole<unsigned char>(text.substr(i + 1, 2), 16);
      if (!byte) return std::nullopt;
      out += static_cast<char>(*byte);
      i += 2;
    }
  }
  return out;
}

bool is_http_url(std::string_view text) {
  for (std::string_view scheme : {"https://", "http://"}) {
    if (text.starts_with(scheme)) {
      return text.size() > scheme.size() &&
             text.find_first_of(" \"<>\\^`{|}") == std::string_view::npos;
    }
  }
  return false;
}

std::string without_user_info(std::string_view url) {
  const std::size_t end = url.rfind('@');
  if (end == std::string_view::npos) return std::string(url);
  // Only what stands before all else: a password may have "://" in it.
  const std::size_t scheme =
      url.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
  const bool has_scheme = scheme < end && url.substr(scheme).starts_with("://");
  const std::size_t begin = has_scheme ? scheme + 3 : 0;
  return std::string(url.substr(0, begin)).append(url.substr(end + 1));
}

}  // namespace mkt
