// UTF-8 by utf8proc.
#include "common/base/utf8.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <cstdlib>
#include <memory>

#include "common/base/text.h"

namespace mkt {
namespace {

const utf8proc_uint8_t* raw(const char* p) { return reinterpret_cast<const utf8proc_uint8_t*>(p); }

// Calls visit(code point, byte length) for each code point; false when the text is not UTF-8.
template <typename Visit>
bool for_each_code_point(std::string_view text, Visit visit) {
  std::size_t at = 0;
  while (at < text.size()) {
    utf8proc_int32_t cp = 0;
    const auto n = utf8proc_iterate(raw(text.data() + at),
                                    static_cast<utf8proc_ssize_t>(text.size() - at), &cp);
    if (n <= 0) return false;
    visit(cp, static_cast<std::size_t>(n));
    at += static_cast<std::size_t>(n);
  }
  return true;
}

bool is_control(utf8proc_int32_t cp) {
  return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f) || cp == 0x2028 || cp == 0x2029 ||
         (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  return for_each_code_point(text, [](auto, auto) {});
}

std::size_t count_code_points(std::string_view text) {
  std::size_t count = 0;
  for_each_code_point(text, [&](auto, auto) { ++count; });
  return count;
}

bool has_control_characters(std::string_view text) {
  bool found = false;
  for_each_code_point(text, [&](auto cp, auto) { found = found || is_control(cp); });
  return found;
}

std::string fold_name(std::string_view text) {
  bool ascii = true;
  for (char c : text) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
  if (ascii) {
    return lower_case(text);
  }
  utf8proc_uint8_t* mapped = nullptr;
  const auto n = utf8proc_map(
      raw(text.data()), static_cast<utf8proc_ssize_t>(text.size()), &mapped,
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
                                     UTF8PROC_CASEFOLD | UTF8PROC_IGNORE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  if (n < 0) return std::string(text);
  return std::string(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(n));
}

std::string printable(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    utf8proc_int32_t cp = 0;
    const auto n = utf8proc_iterate(raw(text.data() + at),
                                    static_cast<utf8proc_ssize_t>(text.size() - at), &cp);
    if (n <= 0 || is_control(cp)) {
      out += '?';
      at += n <= 0 ? 1 : static_cast<std::size_t>(n);
    } else {
      out.append(text.substr(at, static_cast<std::size_t>(n)));
      at += static_cast<std::size_t>(n);
    }
  }
  return out;
}

std::string escape_controls(std::string_view json) {
  std::string out;
  std::size_t at = 0;
  for_each_code_point(json, [&](utf8proc_int32_t cp, std::size_t size) {
    if (cp >= 0x20 && is_control(cp)) {
      out += fmt::format("\\u{:04x}", cp);
    } else {
      out.append(json.substr(at, size));
    }
    at += size;
  });
  return out;
}

}  // namespace mkt
