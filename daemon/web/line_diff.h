// LineDiff: how two texts differ, line by line, with Myers's algorithm ("An O(ND) Difference
// Algorithm and Its Variations", 1986).
//
// Bounded: nullopt for texts with more than kMaxDiffLines lines or kMaxDiffEdits changed ones.
// Thread-safe.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace mkt {

struct DiffLine {
  enum class Kind { same, removed, added, skipped };
  Kind kind;
  std::string_view text;  // of the texts, without the line's end; for `skipped` empty
  friend bool operator==(const DiffLine&, const DiffLine&) = default;
};

inline constexpr std::size_t kMaxDiffLines = 20'000;
inline constexpr int kMaxDiffEdits = 1'500;

// The changed lines with `context` lines around them; between, `skipped` stands for the rest. The
// texts must outlive the result.
std::optional<std::vector<DiffLine>> diff_lines(std::string_view before, std::string_view now,
                                                std::size_t context);

}  // namespace mkt
