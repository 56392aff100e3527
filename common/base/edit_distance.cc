#include "common/base/edit_distance.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace mkt {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Three rows of the table are enough: a swap looks two rows back.
  std::vector<std::size_t> before_last, last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = a[i - 1] == b[j - 1];
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last = std::exchange(last, row);
  }
  return last[b.size()];
}

std::optional<std::string> nearest_word(std::string_view word, std::span<const std::string> known) {
  // A word of three letters is near to every other one of three.
  const std::size_t most = std::min(kMaxTypos, word.size() <= 3 ? 1 : word.size() / 2);
  std::optional<std::string> nearest;
  std::size_t distance = most + 1;
  for (const std::string& one : known) {
    if (one == word) continue;
    const bool too_long = one.size() > word.size() + most || word.size() > one.size() + most;
    const std::size_t d = too_long ? most + 1 : edit_distance(word, one);
    if (d < distance) {
      distance = d;
      nearest = one;
    }
  }
  if (nearest || word.size() < 2) return nearest;
  for (const std::string& one : known) {
    if (one.starts_with(word)) return one;
  }
  return std::nullopt;
}

}  // namespace mkt
