// How many columns of a terminal a text takes, and texts made to fit.
//
// By Unicode's rules (UAX #11 and #29, utf8proc's tables): wide East Asian characters and emoji
// take two columns, combining marks none; a text is never cut inside of what is seen as one
// character. Texts are valid UTF-8 without control characters. Thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mkt {

std::size_t display_width(std::string_view text);

// At most `columns` wide; "…" stands for what is left out at the end, or in the middle: ids and
// digests are told apart by both ends.
std::string cut_end(std::string_view text, std::size_t columns);
std::string cut_middle(std::string_view text, std::size_t columns);

// Lines of at most `columns`, broken at blanks; a word that is longer is broken where it must be.
// At least one line.
std::vector<std::string> wrap(std::string_view text, std::size_t columns);

}  // namespace mkt
