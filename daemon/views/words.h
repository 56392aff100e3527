// Words: splits text into words for the search.
//
// A word is a run of letters and digits, without case and accents (Unicode's compatibility
// decomposition, case folding, marks removed, by utf8proc). Everything else separates words.
// Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mkt {

// In order, with repetitions. A word is cut off after kMaxWordBytes.
inline constexpr std::size_t kMaxWordBytes = 64;
std::vector<std::string> words_of(std::string_view text);

}  // namespace mkt
