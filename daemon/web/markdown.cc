#include "daemon/web/markdown.h"

#include <cmark.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace mkt {
namespace {

// libcmark 0.30 takes quadratic time for some texts of brackets and of markers of lists and quotes
// alone. Beyond these numbers, far above what people write, the text is shown as it is.
constexpr std::size_t kMaxBrackets = 20'000;
constexpr std::size_t kMaxMarkersOfLine = 200;

struct FreeNode {
  void operator()(cmark_node* node) const { cmark_node_free(node); }
};
struct FreeIterator {
  void operator()(cmark_iter* iterator) const { cmark_iter_free(iterator); }
};

std::string_view text_or_empty(const char* text) { return text == nullptr ? "" : text; }

// CommonMark: the items of a list without blank lines between them are no paragraphs.
bool is_of_tight_list(cmark_node* paragraph) {
  cmark_node* const item = cmark_node_parent(paragraph);
  cmark_node* const list = item == nullptr ? nullptr : cmark_node_parent(item);
  return list != nullptr && cmark_node_get_type(list) == CMARK_NODE_LIST &&
         cmark_node_get_list_tight(list) != 0;
}

// The beginning of the text that ends where a character ends.
std::string_view cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0U) == 0x80U) --most;
  return text.substr(0, most);
}

bool is_bomb(std::string_view text) {
  const auto brackets = std::count_if(text.begin(), text.end(),
                                      [](char c) { return c == '[' || c == ']' || c == '<'; });
  if (static_cast<std::size_t>(brackets) > kMaxBrackets) return true;
  std::size_t markers = 0;
  bool leading = true;
  for (const char c : text) {
    if (c == '\n') {
      markers = 0;
      leading = true;
    } else if (leading && (c == '>' || c == '-' || c == '+' || c == '*')) {
      if (++markers > kMaxMarkersOfLine) return true;
    } else if (c != ' ' && c != '\t') {
      leading = false;
    }
  }
  return false;
}

class MarkdownWriter {
 public:
  explicit MarkdownWriter(int above) : above_(above), last_heading_(above) {}

  Html write(cmark_node* document) {
    const std::unique_ptr<cmark_iter, FreeIterator> iterator(cmark_iter_new(document));
    for (cmark_event_type event = CMARK_EVENT_NONE;
         (event = cmark_iter_next(iterator.get())) != CMARK_EVENT_DONE;) {
      cmark_node* const node = cmark_iter_get_node(iterator.get());
      if (event == CMARK_EVENT_ENTER) {
        enter(node);
      } else {
        leave(node);
      }
      if (html_.size() > kMaxHtmlBytes) {
        close_all();
        html_ << "<p class=\"note\">The rest is not shown: it is too long.</p>";
        break;
      }
    }
    return std::move(html_);
  }

 private:
  // The literals of a node that has an end; null where it is written without.
  struct Tag {
    Markup begin;
    Markup end;
  };

  void enter(cmark_node* node) {
    switch (cmark_node_get_type(node)) {
      case CMARK_NODE_TEXT:
        html_ << text_or_empty(cmark_node_get_literal(node));
        break;
      case CMARK_NODE_SOFTBREAK:
        html_ << "\n";
        break;
      case CMARK_NODE_LINEBREAK:
        html_ << "<br>\n";
        break;
      case CMARK_NODE_CODE:
        html_ << "<code>" << text_or_empty(cmark_node_get_literal(node)) << "</code>";
        break;
      case CMARK_NODE_CODE_BLOCK:
        html_ << "<pre tabindex=\"0\"><code>" << text_or_empty(cmark_node_get_literal(node))
              << "</code></pre>\n";
        break;
      case CMARK_NODE_THEMATIC_BREAK:
        html_ << "<hr>\n";
        break;
      case CMARK_NODE_LINK:
      case CMARK_NODE_IMAGE:
        open_link(node);
        break;
      case CMARK_NODE_HTML_BLOCK:
      case CMARK_NODE_HTML_INLINE:
      case CMARK_NODE_CUSTOM_BLOCK:
      case CMARK_NODE_CUSTOM_INLINE:
      case CMARK_NODE_DOCUMENT:
        break;
      default:
        open(tag_of(node));
    }
  }

  void leave(cmark_node* node) {
    switch (cmark_node_get_type(node)) {
      case CMARK_NODE_DOCUMENT:
      case CMARK_NODE_CUSTOM_BLOCK:
      case CMARK_NODE_CUSTOM_INLINE:
        break;
      default:
        close();
    }
  }

  Tag tag_of(cmark_node* node) {
    switch (cmark_node_get_type(node)) {
      case CMARK_NODE_BLOCK_QUOTE:
        return {"<blockquote>\n", "</blockquote>\n"};
      case CMARK_NODE_LIST:
        if (cmark_node_get_list_type(node) == CMARK_ORDERED_LIST) return {"<ol>\n", "</ol>\n"};
        return {"<ul>\n", "</ul>\n"};
      case CMARK_NODE_ITEM:
        return {"<li>", "</li>\n"};
      case CMARK_NODE_HEADING:
        return heading(cmark_node_get_heading_level(node));
      case CMARK_NODE_EMPH:
        return {"<em>", "</em>"};
      case CMARK_NODE_STRONG:
        return {"<strong>", "</strong>"};
      case CMARK_NODE_PARAGRAPH:
        if (is_of_tight_list(node)) return {"", ""};
        return {"<p>", "</p>\n"};
      default:
        return {"", ""};
    }
  }

  // One level below the one before at most, so that no level is left out.
  Tag heading(int level) {
    static constexpr std::array<Tag, 7> kHeadings = {{{"<p>", "</p>\n"},
                                                      {"<h1>", "</h1>\n"},
                                                      {"<h2>", "</h2>\n"},
                                                      {"<h3>", "</h3>\n"},
                                                      {"<h4>", "</h4>\n"},
                                                      {"<h5>", "</h5>\n"},
                                                      {"<h6>", "</h6>\n"}}};
    last_heading_ = std::min({above_ + level, last_heading_ + 1, 6});
    return kHeadings[static_cast<std::size_t>(last_heading_)];
  }

  // An image is not loaded: its address would tell a stranger who reads this page.
  void open_link(cmark_node* node) {
    const bool image = cmark_node_get_type(node) == CMARK_NODE_IMAGE;
    const auto href = Href::elsewhere(text_or_empty(cmark_node_get_url(node)));
    // A link in a link is no HTML: an image that is a link's text is its text.
    if (!href || links_ > 0) {
      open({"", ""});
      return;
    }
    html_ << "<a rel=\"nofollow noopener\" href=\"" << *href << "\">";
    if (image && cmark_node_first_child(node) == nullptr) html_ << "image";
    ++links_;
    open_.push_back({"", "</a>"});
  }

  void open(Tag tag) {
    if (open_.size() >= static_cast<std::size_t>(kMaxNesting)) tag = {"", " "};
    html_ << tag.begin;
    open_.push_back(tag);
  }
  void close() {
    if (open_.empty()) return;
    const Tag tag = open_.back();
    open_.pop_back();
    if (tag.end.text() == "</a>") --links_;
    html_ << tag.end;
  }
  void close_all() {
    while (!open_.empty()) close();
  }

  const int above_;
  int last_heading_;
  int links_ = 0;
  std::vector<Tag> open_;
  Html html_;
};

}  // namespace

Html html_of_markdown(std::string_view whole, int above) {
  const std::string_view text = cut(whole, kMaxMarkdownBytes);
  Html html;
  if (is_bomb(text)) {
    html << "<pre tabindex=\"0\"><code>" << text << "</code></pre>\n";
  } else {
    const std::unique_ptr<cmark_node, FreeNode> document(
        cmark_parse_document(text.data(), text.size(), CMARK_OPT_SAFE | CMARK_OPT_VALIDATE_UTF8));
    if (document) html = MarkdownWriter(above).write(document.get());
  }
  if (text.size() < whole.size()) {
    html << "<p class=\"note\">The rest is not shown: the text has " << whole.size()
         << " bytes, and " << kMaxMarkdownBytes << " are read.</p>";
  }
  return html;
}

}  // namespace mkt
