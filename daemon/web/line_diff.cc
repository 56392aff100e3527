#include "daemon/web/line_diff.h"

#include <algorithm>
#include <cstddef>

namespace mkt {
namespace {

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The furthest x on each diagonal k = x - y after d edits; one array for each d, to walk back.
class Myers {
 public:
  Myers(const Lines& before, const Lines& now)
      : before_(before),
        now_(now),
        n_(static_cast<int>(before.size())),
        m_(static_cast<int>(now.size())) {}

  // From the end to the beginning; nullopt beyond kMaxDiffEdits.
  std::optional<std::vector<DiffLine>> script() {
    const int most = std::min(n_ + m_, kMaxDiffEdits);
    std::vector<int> furthest(static_cast<std::size_t>(2 * most + 3), 0);
    const int middle = most + 1;
    for (int d = 0; d <= most; ++d) {
      for (int k = -d; k <= d; k += 2) {
        int& here = furthest[static_cast<std::size_t>(middle + k)];
        const int down = furthest[static_cast<std::size_t>(middle + k + 1)];
        const int right = furthest[static_cast<std::size_t>(middle + k - 1)] + 1;
        int x = d == 0 ? 0 : (k == -d || (k != d && right - 1 < down)) ? down : right;
        while (x < n_ && x - k < m_ &&
               before_[static_cast<std::size_t>(x)] == now_[static_cast<std::size_t>(x - k)]) {
          ++x;
        }
        here = x;
        if (x >= n_ && x - k >= m_) return walk_back(d, k);
      }
      trace_.emplace_back(furthest.begin() + (middle - d), furthest.begin() + (middle + d + 1));
    }
    return std::nullopt;
  }

 private:
  // After d edits, on diagonal k.
  int reached(int d, int k) const {
    if (k < -d || k > d) return -1;
    return trace_[static_cast<std::size_t>(d)][static_cast<std::size_t>(k + d)];
  }

  std::vector<DiffLine> walk_back(int d, int k) const {
    std::vector<DiffLine> lines;
    int x = n_;
    int y = m_;
    const auto take_same = [&](int until_x) {
      while (x > until_x) {
        --x, --y;
        lines.push_back({DiffLine::Kind::same, before_[static_cast<std::size_t>(x)]});
      }
    };
    for (; d > 0; --d) {
      const int down = reached(d - 1, k + 1);
      const int right = reached(d - 1, k - 1);
      const bool added = k == -d || (k != d && right < down);
      take_same(added ? down : right + 1);
      if (added) {
        --y, ++k;
        lines.push_back({DiffLine::Kind::added, now_[static_cast<std::size_t>(y)]});
      } else {
        --x, --k;
        lines.push_back({DiffLine::Kind::removed, before_[static_cast<std::size_t>(x)]});
      }
    }
    take_same(0);
    std::reverse(lines.begin(), lines.end());
    return lines;
  }

  const Lines& before_;
  const Lines& now_;
  const int n_;
  const int m_;
  std::vector<std::vector<int>> trace_;
};

// Leaves out what is the same, but for the lines around a change.
std::vector<DiffLine> with_context(const std::vector<DiffLine>& all, std::size_t context) {
  std::vector<bool> shown(all.size(), false);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].kind == DiffLine::Kind::same) continue;
    const std::size_t end = std::min(i + context + 1, all.size());
    for (std::size_t j = i - std::min(i, context); j < end; ++j) shown[j] = true;
  }
  std::vector<DiffLine> lines;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (shown[i]) {
      lines.push_back(all[i]);
    } else if (lines.empty() || lines.back().kind != DiffLine::Kind::skipped) {
      lines.push_back({DiffLine::Kind::skipped, {}});
    }
  }
  return lines;
}

}  // namespace

std::optional<std::vector<DiffLine>> diff_lines(std::string_view before, std::string_view now,
                                                std::size_t context) {
  const Lines old_lines = lines_of(before);
  const Lines new_lines = lines_of(now);
  if (old_lines.size() > kMaxDiffLines || new_lines.size() > kMaxDiffLines) return std::nullopt;
  const auto all = Myers(old_lines, new_lines).script();
  if (!all) return std::nullopt;
  return with_context(*all, context);
}

}  // namespace mkt
