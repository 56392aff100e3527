#include "daemon/rules/person.h"

#include <utf8proc.h>

#include "common/base/utf8.h"

namespace mkt {

std::string person_key(std::string_view name) {
  // Folding turns Unicode's blanks into plain ones, except these few.
  std::string key = fold_name(name);
  const auto trim = [&](std::string_view blank) {
    while (key.starts_with(blank)) key.erase(0, blank.size());
    while (key.ends_with(blank)) key.resize(key.size() - blank.size());
  };
  for (std::size_t before = key.size() + 1; key.size() < before;) {
    before = key.size();
    for (const char* blank : {" ", "\t", "\r", "\n", "\u0085", "\u1680", "\u2028", "\u2029"}) {
      trim(blank);
    }
  }
  return key;
}

bool is_visible(std::string_view name) {
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(name.data());
  auto left = static_cast<utf8proc_ssize_t>(name.size());
  while (left > 0) {
    utf8proc_int32_t code_point = 0;
    const auto n = utf8proc_iterate(at, left, &code_point);
    if (n <= 0) return false;
    at += n;
    left -= n;
    const utf8proc_property_t* property = utf8proc_get_property(code_point);
    if (property->ignorable != 0) return false;
    switch (property->category) {
      case UTF8PROC_CATEGORY_CC:
      case UTF8PROC_CATEGORY_CF:
      case UTF8PROC_CATEGORY_CN:
      case UTF8PROC_CATEGORY_CO:
      case UTF8PROC_CATEGORY_CS:
      case UTF8PROC_CATEGORY_ZL:
      case UTF8PROC_CATEGORY_ZP:
        return false;
      default:
        break;
    }
  }
  return true;
}

}  // namespace mkt
