// "Did you mean": the known word that is nearest to a mistyped one.
//
// The distance is Damerau and Levenshtein's, of neighbours swapped at most once: how many letters
// are added, left out, replaced, or swapped with the next. Thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mkt {

inline constexpr std::size_t kMaxTypos = 2;

std::size_t edit_distance(std::string_view a, std::string_view b);

// The nearest of `known` within kMaxTypos, or one that `word` begins; nullopt where none is near,
// or where the word is so short that anything would be.
std::optional<std::string> nearest_word(std::string_view word, std::span<const std::string> known);

}  // namespace mkt
