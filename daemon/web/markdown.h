// Markdown of strangers as HTML, by libcmark-gfm (CommonMark, and GitHub's tables, task lists and
// struck text).
//
// The library reads the text; what is written is decided here, node by node: no raw HTML, links
// with the schemes of Href::elsewhere only, an image is a link to it, and headings go on below the
// section that they stand in. A text is read up to kMaxMarkdownBytes; what is nested deeper than
// kMaxNesting is written flat, and the HTML ends at kMaxHtmlBytes. Thread-safe.
#pragma once

#include <string_view>

#include "daemon/web/html.h"

namespace mkt {

inline constexpr std::size_t kMaxMarkdownBytes = 256 * 1024;
inline constexpr std::size_t kMaxHtmlBytes = 4 * 1024 * 1024;
inline constexpr int kMaxNesting = 24;

// `above` is the level of the heading that the text stands below.
Html html_of_markdown(std::string_view text, int above);

}  // namespace mkt
