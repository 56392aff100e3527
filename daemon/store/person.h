// Who counts as one person where people are counted: names that differ in case or in blanks around
// them are one.
#pragma once

#include <string>
#include <string_view>

namespace mkt {

// The name as it is compared: without blanks around it, A to Z in lower case. Empty for a name of
// blanks, which is nobody's.
std::string person_key(std::string_view name);

inline bool same_person(std::string_view a, std::string_view b) {
  return person_key(a) == person_key(b);
}

}  // namespace mkt
