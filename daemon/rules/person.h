// Who counts as one person where people are counted: names that a reader cannot tell apart by case,
// by blanks around them, by code points that show nothing or by another form of a letter are one.
#pragma once

#include <string>
#include <string_view>

namespace mkt {

// The name as it is compared: Unicode's NFKC_Casefold, without blanks around it. Empty for a name
// that shows nothing, which is nobody's.
std::string person_key(std::string_view name);

// Can every code point of the name be seen? Not so format characters, such as a zero-width space or
// one that turns the direction of writing, nor what Unicode has not assigned. Text must be valid
// UTF-8.
bool is_visible(std::string_view name);

inline bool same_person(std::string_view a, std::string_view b) {
  return person_key(a) == person_key(b);
}

}  // namespace mkt
