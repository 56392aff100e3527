#include "daemon/web/markdown.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/text.h"
#include "daemon/web/markdown_bombs.h"
#include "daemon/web/markdown_tree.h"

namespace mkt {
namespace {

struct FreeIterator {
  void operator()(cmark_iter* iterator) const { cmark_iter_free(iterator); }
};

std::string_view text_or_empty(const char* text) { return text == nullptr ? "" : text; }

// The nodes of extensions have no numbers of their own, but names.
bool is_named(cmark_node* node, std::string_view name) {
  return text_or_empty(cmark_node_get_type_string(node)) == name;
}

bool is_header(cmark_node* row) { return cmark_gfm_extensions_get_table_row_is_header(row) != 0; }

// CommonMark: the items of a list without blank lines between them are no paragraphs.
bool is_of_tight_list(cmark_node* paragraph) {
  cmark_node* const item = cmark_node_parent(paragraph);
  cmark_node* const list = item == nullptr ? nullptr : cmark_node_parent(item);
  return list != nullptr && cmark_node_get_type(list) == CMARK_NODE_LIST &&
         cmark_node_get_list_tight(list) != 0;
}

// The one tag of which the place says something: READMEs break lines with it, in tables above all.
bool is_line_break(std::string_view tag) {
  std::string word;
  for (const char c : tag) {
    if (c != ' ' && c != '/') word += static_cast<char>(c | 0x20);
  }
  return word == "<br>";
}

// False for a heading of nothing, or of markup that is not shown.
bool shows_anything(cmark_node* heading) {
  const std::unique_ptr<cmark_iter, FreeIterator> iterator(cmark_iter_new(heading));
  while (cmark_iter_next(iterator.get()) != CMARK_EVENT_DONE) {
    cmark_node* const node = cmark_iter_get_node(iterator.get());
    const cmark_node_type type = cmark_node_get_type(node);
    if (type == CMARK_NODE_IMAGE) return true;
    if (type != CMARK_NODE_TEXT && type != CMARK_NODE_CODE) continue;
    if (!trim(text_or_empty(cmark_node_get_literal(node))).empty()) return true;
  }
  return false;
}

// The beginning of the text that ends where a character ends.
std::string_view cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0U) == 0x80U) --most;
  return text.substr(0, most);
}

std::optional<MarkdownTree> tree_of(std::string_view text) {
  using Tables = MarkdownTree::Tables;
  if (is_markdown_bomb(text)) return std::nullopt;
  return MarkdownTree::read(text, is_table_bomb(text) ? Tables::left : Tables::read);
}

constexpr std::size_t kListLevels = 2;   // the list and its items
constexpr std::size_t kTableLevels = 4;  // the table, its head or body, rows and cells

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
      case CMARK_NODE_LIST:
        open_list(node);
        break;
      case CMARK_NODE_HTML_INLINE:
        if (is_line_break(text_or_empty(cmark_node_get_literal(node)))) html_ << "<br>\n";
        break;
      case CMARK_NODE_HTML_BLOCK:
      case CMARK_NODE_CUSTOM_BLOCK:
      case CMARK_NODE_CUSTOM_INLINE:
      case CMARK_NODE_DOCUMENT:
        break;
      default:
        if (begins_body(node)) open({"<tbody>\n", "</tbody>"});
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
        if (ends_body(node)) close();
    }
  }

  Tag tag_of(cmark_node* node) {
    switch (cmark_node_get_type(node)) {
      case CMARK_NODE_BLOCK_QUOTE:
        return {"<blockquote>\n", "</blockquote>\n"};
      case CMARK_NODE_ITEM:
        return item(node);
      case CMARK_NODE_HEADING:
        if (!shows_anything(node)) return {"", ""};
        return heading(cmark_node_get_heading_level(node));
      case CMARK_NODE_EMPH:
        return {"<em>", "</em>"};
      case CMARK_NODE_STRONG:
        return {"<strong>", "</strong>"};
      case CMARK_NODE_PARAGRAPH:
        if (is_of_tight_list(node)) return {"", ""};
        return {"<p>", "</p>\n"};
      default:
        return tag_of_extension(node);
    }
  }

  Tag tag_of_extension(cmark_node* node) {
    if (is_named(node, "strikethrough")) return {"<del>", "</del>"};
    if (is_named(node, "table")) {
      // Whole or flat: a cell without its row is no HTML.
      table_is_flat_ = has_no_levels(kTableLevels);
      // On a narrow screen it is scrolled, so the keyboard must reach it.
      if (!table_is_flat_) {
        return {
            "<div class=\"scroll\" role=\"group\" aria-label=\"Table\" tabindex=\"0\"><table>\n",
            "</table></div>\n"};
      }
    }
    if (table_is_flat_) return {"", " "};
    if (is_named(node, "table_cell")) return cell(node);
    column_ = 0;
    if (is_named(node, "table_header")) return {"<thead><tr>", "</tr></thead>\n"};
    if (is_named(node, "table_row")) return {"<tr>", "</tr>\n"};
    return {"", ""};
  }

  bool is_body_row(cmark_node* node) const {
    return !table_is_flat_ && is_named(node, "table_row") && !is_header(node);
  }
  bool begins_body(cmark_node* node) const {
    if (!is_body_row(node)) return false;
    cmark_node* const before = cmark_node_previous(node);
    return before == nullptr || is_header(before);
  }
  bool ends_body(cmark_node* node) const {
    return is_body_row(node) && cmark_node_next(node) == nullptr;
  }

  static Tag item(cmark_node* node) {
    if (!is_named(node, "tasklist")) return {"<li>", "</li>\n"};
    if (cmark_gfm_extensions_get_tasklist_item_checked(node)) {
      return {"<li class=\"task\">☑ ", "</li>\n"};
    }
    return {"<li class=\"task\">☐ ", "</li>\n"};
  }

  Tag cell(cmark_node* node) {
    cmark_node* const row = cmark_node_parent(node);
    const bool heads = is_header(row);
    const std::uint8_t* alignments =
        cmark_gfm_extensions_get_table_alignments(cmark_node_parent(row));
    switch (alignments == nullptr ? 0 : alignments[column_++]) {
      case 'c':
        if (heads) return {"<th scope=\"col\" class=\"center\">", "</th>"};
        return {"<td class=\"center\">", "</td>"};
      case 'r':
        if (heads) return {"<th scope=\"col\" class=\"right\">", "</th>"};
        return {"<td class=\"right\">", "</td>"};
      default:
        if (heads) return {"<th scope=\"col\">", "</th>"};
        return {"<td>", "</td>"};
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

  void open_list(cmark_node* node) {
    if (has_no_levels(kListLevels)) return open({"", " "});
    if (cmark_node_get_list_type(node) != CMARK_ORDERED_LIST) return open({"<ul>\n", "</ul>\n"});
    const int start = cmark_node_get_list_start(node);
    if (start == 1) return open({"<ol>\n", "</ol>\n"});
    html_ << "<ol start=\"" << start << "\">\n";
    open({"", "</ol>\n"});
  }

  bool has_no_levels(std::size_t levels) const {
    return open_.size() + levels > static_cast<std::size_t>(kMaxNesting);
  }
  void open(Tag tag) {
    if (has_no_levels(1)) tag = {"", " "};
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
  std::size_t column_ = 0;  // of the table's row
  bool table_is_flat_ = false;
  std::vector<Tag> open_;
  Html html_;
};

}  // namespace

Html html_of_markdown(std::string_view whole, int above) {
  const std::string_view text = cut(whole, kMaxMarkdownBytes);
  Html html;
  if (const auto tree = tree_of(text)) {
    html = MarkdownWriter(above).write(tree->document());
  } else {
    html << "<pre tabindex=\"0\"><code>" << text << "</code></pre>\n";
  }
  if (text.size() < whole.size()) {
    html << "<p class=\"note\">The rest is not shown: the first " << kMaxMarkdownBytes
         << " bytes are read.</p>";
  }
  return html;
}

}  // namespace mkt
