// Decides who counts as one person. Names are the same person's where a reader cannot tell them
// apart: they differ only by case, by blanks around them, by invisible code points, or by another
// form of a letter.
#pragma once

#include <string>
#include <string_view>

namespace mkt {

// The form in which names are compared: Unicode's NFKC_Casefold, without blanks at the ends. Empty
// for a name that shows nothing; nobody has that name.
std::string person_key(std::string_view name);

// True where every code point of the name is visible. Format characters are not, such as a
// zero-width space or one that changes the direction of writing; nor are code points that Unicode
// has not assigned. The text must be valid UTF-8.
bool is_visible(std::string_view name);

inline bool same_person(std::string_view a, std::string_view b) {
  return person_key(a) == person_key(b);
}

}  // namespace mkt
