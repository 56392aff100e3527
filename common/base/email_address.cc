#include "common/base/email_address.h"

#include <algorithm>

namespace mkt {
namespace {

bool is_atext(char c) {
  constexpr std::string_view kSigns = "!#$%&'*+-/=?^_`{|}~";
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const bool is_digit = c >= '0' && c <= '9';
  const bool is_other_alphabet = static_cast<unsigned char>(c) >= 0x80;
  return is_letter || is_digit || is_other_alphabet || kSigns.find(c) != std::string_view::npos;
}

bool is_dot_atom(std::string_view text) {
  return !text.empty() && text.front() != '.' && text.back() != '.' &&
         text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || is_atext(c); });
}

}  // namespace

bool is_email_address(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != std::string_view::npos && is_dot_atom(text.substr(0, at)) &&
         is_dot_atom(text.substr(at + 1));
}

}  // namespace mkt
