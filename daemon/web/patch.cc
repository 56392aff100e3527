#include "daemon/web/patch.h"

#include <algorithm>
#include <span>

#include "daemon/web/line_diff.h"

namespace mkt {
namespace {

constexpr std::size_t kContextLines = 3;
constexpr std::size_t kShownBefore = 80;  // bytes before the place where a long line differs

// The place of the character that is at `at`, or ends after it.
std::size_t character_at(std::string_view text, std::size_t at) {
  at = std::min(at, text.size());
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U)
    --at;
  return at;
}

Html left_out(std::size_t bytes) {
  Html html;
  if (bytes > 0) html << "<em class=\"cut\"> ⋯ " << bytes << " bytes ⋯ </em>";
  return html;
}

Html shown_line(std::string_view line, std::size_t differs_at) {
  Html html;
  if (line.size() <= kMaxShownLine) {
    html << line;
    return html;
  }
  const std::size_t begin = character_at(line, differs_at - std::min(differs_at, kShownBefore));
  const std::size_t end = character_at(line, begin + kMaxShownLine);
  html << left_out(begin) << line.substr(begin, end - begin) << left_out(line.size() - end);
  return html;
}

std::size_t first_difference(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                                  a.begin());
}

// Lines that were removed, and those that were added in their place.
Html changed_lines(std::span<const DiffLine> removed, std::span<const DiffLine> added) {
  const auto differs_at = [&](std::size_t i) {
    return i < removed.size() && i < added.size() ? first_difference(removed[i].text, added[i].text)
                                                  : 0;
  };
  Html html;
  for (std::size_t i = 0; i < removed.size(); ++i) {
    html << "<del>- " << shown_line(removed[i].text, differs_at(i)) << "</del>\n";
  }
  for (std::size_t i = 0; i < added.size(); ++i) {
    html << "<ins>+ " << shown_line(added[i].text, differs_at(i)) << "</ins>\n";
  }
  return html;
}

}  // namespace

Html patch_html(std::string_view path, std::string_view before, std::string_view now) {
  const auto lines = diff_lines(before, now, kContextLines);
  if (!lines) return {};
  Html html;
  html << "<pre class=\"patch\" tabindex=\"0\" role=\"region\" aria-label=\"Changes of " << path
       << "\"><code>";
  std::span<const DiffLine> rest = *lines;
  const auto take = [&rest](DiffLine::Kind kind) {
    const auto end = std::find_if(rest.begin(), rest.end(),
                                  [kind](const DiffLine& line) { return line.kind != kind; });
    const auto run = rest.first(static_cast<std::size_t>(end - rest.begin()));
    rest = rest.subspan(run.size());
    return run;
  };
  while (!rest.empty()) {
    for (const DiffLine& line : take(DiffLine::Kind::same)) {
      html << "<span>  " << shown_line(line.text, 0) << "</span>\n";
    }
    const auto removed = take(DiffLine::Kind::removed);
    html << changed_lines(removed, take(DiffLine::Kind::added));
    if (!take(DiffLine::Kind::skipped).empty()) html << "<span class=\"skipped\">⋯</span>\n";
  }
  html << "</code></pre>";
  return html;
}

}  // namespace mkt
