// Words: text as search sees it.
//
// Runs of letters and digits, without case and accents (Unicode's compatibility decomposition, case
// folding, marks stripped, by utf8proc); everything else separates. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mkt {

// In order, repeated ones too; no word is longer than kMaxWordBytes, the rest of it is dropped.
inline constexpr std::size_t kMaxWordBytes = 64;
std::vector<std::string> words_of(std::string_view text);

}  // namespace mkt
