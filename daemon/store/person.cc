// Names compared; see person.h.
#include "daemon/store/person.h"

namespace mkt {

std::string person_key(std::string_view name) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = name.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  std::string key(name.substr(first, name.find_last_not_of(kBlanks) - first + 1));
  for (char& c : key) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return key;
}

}  // namespace mkt
