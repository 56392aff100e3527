#include "common/connector/nearest_name.h"

#include <algorithm>

#include "common/base/text.h"
#include "common/connector/names.h"

namespace mkt {

std::string nearest_name(std::string_view text) {
  std::string name;
  for (const char c : lower_case(text)) {
    const bool plain = (c >= 'a' && c <= 'z') || is_ascii_digit(c);
    if (plain) {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  if (name.empty() || name.front() < 'a') name = "connector-" + name;
  name.resize(std::min(name.size(), kMaxNameLength));
  while (name.back() == '-') name.pop_back();
  return name;
}

}  // namespace mkt
