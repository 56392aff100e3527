#include "cli/terminal/text_width.h"

#include <utf8proc.h>

#include <algorithm>

namespace mkt {
namespace {

constexpr std::string_view kEllipsis = "…";
constexpr utf8proc_int32_t kEmojiSelector = 0xfe0f;   // what comes before it is shown as emoji
constexpr utf8proc_int32_t kRegionalFirst = 0x1f1e6;  // two of them are a flag
constexpr utf8proc_int32_t kRegionalLast = 0x1f1ff;

// What is seen as one character.
struct Cluster {
  std::size_t begin = 0;  // bytes
  std::size_t end = 0;
  std::size_t width = 0;  // columns
};

std::size_t width_of(utf8proc_int32_t cp) {
  if (cp >= kRegionalFirst && cp <= kRegionalLast) return 2;
  return static_cast<std::size_t>(std::max(utf8proc_charwidth(cp), 0));
}

std::vector<Cluster> clusters_of(std::string_view text) {
  std::vector<Cluster> clusters;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  utf8proc_int32_t before = 0, state = 0;
  for (std::size_t at = 0; at < text.size();) {
    utf8proc_int32_t cp = 0;
    const auto n =
        utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(text.size() - at), &cp);
    const std::size_t length = n > 0 ? static_cast<std::size_t>(n) : 1;
    if (n <= 0) cp = '?';
    const bool begins = clusters.empty() || utf8proc_grapheme_break_stateful(before, cp, &state);
    if (begins) clusters.push_back({at, at, 0});
    Cluster& cluster = clusters.back();
    cluster.end = at + length;
    cluster.width = std::max(cluster.width, cp == kEmojiSelector ? 2 : width_of(cp));
    before = cp;
    at += length;
  }
  return clusters;
}

std::size_t width_of(const std::vector<Cluster>& clusters) {
  std::size_t width = 0;
  for (const Cluster& c : clusters) width += c.width;
  return width;
}

// The bytes of the first clusters that fit.
std::size_t head_that_fits(const std::vector<Cluster>& clusters, std::size_t columns) {
  std::size_t bytes = 0, width = 0;
  for (const Cluster& c : clusters) {
    if (width + c.width > columns) break;
    width += c.width;
    bytes = c.end;
  }
  return bytes;
}

// Where the last clusters that fit begin.
std::size_t tail_that_fits(const std::vector<Cluster>& clusters, std::size_t columns,
                           std::size_t size) {
  std::size_t begin = size, width = 0;
  for (auto c = clusters.rbegin(); c != clusters.rend(); ++c) {
    if (width + c->width > columns) break;
    width += c->width;
    begin = c->begin;
  }
  return begin;
}

bool is_plain_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

}  // namespace

std::size_t display_width(std::string_view text) {
  return is_plain_ascii(text) ? text.size() : width_of(clusters_of(text));
}

std::string cut_end(std::string_view text, std::size_t columns) {
  const auto clusters = clusters_of(text);
  if (width_of(clusters) <= columns) return std::string(text);
  if (columns == 0) return {};
  return std::string(text.substr(0, head_that_fits(clusters, columns - 1))) +
         std::string(kEllipsis);
}

std::string cut_middle(std::string_view text, std::size_t columns) {
  const auto clusters = clusters_of(text);
  if (width_of(clusters) <= columns) return std::string(text);
  if (columns == 0) return {};
  const std::size_t tail = (columns - 1) / 2;
  return std::string(text.substr(0, head_that_fits(clusters, columns - 1 - tail))) +
         std::string(kEllipsis) +
         std::string(text.substr(tail_that_fits(clusters, tail, text.size())));
}

std::vector<std::string> wrap(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines;
  std::string line;
  std::size_t used = 0;
  const auto next_line = [&] {
    lines.push_back(std::move(line));
    line.clear();
    used = 0;
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!word.empty()) {
      const std::size_t width = display_width(word);
      const std::size_t gap = line.empty() ? 0 : 1;
      if (used + gap + width <= columns) {
        if (gap == 1) line += ' ';
        line += word;
        used += gap + width;
        break;
      }
      if (!line.empty()) {
        next_line();
        continue;
      }
      // Longer than a line; at least one character goes, however narrow the line is.
      const auto clusters = clusters_of(word);
      const std::size_t bytes = std::max(head_that_fits(clusters, columns), clusters.front().end);
      line = word.substr(0, bytes);
      word.remove_prefix(bytes);
      next_line();
    }
  }
  if (!line.empty() || lines.empty()) next_line();
  return lines;
}

}  // namespace mkt
