#include "daemon/blobs/xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "common/base/text.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::string_view kXmlBlanks = " \t\r\n";

bool is_xml_name_char(char c) {
  return is_ascii_letter(c) || is_ascii_digit(c) || c == '_' || c == '-' || c == '.' || c == ':';
}

// The character that stands for "&reference;"; nullopt for one that XML does not know.
std::optional<std::string> resolve_reference(std::string_view name) {
  if (name == "amp") return "&";
  if (name == "lt") return "<";
  if (name == "gt") return ">";
  if (name == "quot") return "\"";
  if (name == "apos") return "'";
  if (!name.starts_with('#')) return std::nullopt;
  name.remove_prefix(1);
  const bool hex = name.starts_with('x');
  if (hex) name.remove_prefix(1);
  const auto code = parse_whole<std::uint32_t>(name, hex ? 16 : 10);
  if (!code || *code == 0 || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000)) {
    return std::nullopt;
  }
  std::string out;
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((*code >> shift) & 0x3f)); };
  if (*code < 0x80) {
    out += static_cast<char>(*code);
  } else if (*code < 0x800) {
    out += static_cast<char>(0xc0 | (*code >> 6));
    tail(0);
  } else if (*code < 0x10000) {
    out += static_cast<char>(0xe0 | (*code >> 12));
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xf0 | (*code >> 18));
    tail(12), tail(6), tail(0);
  }
  return out;
}

// Each function takes what it reads off the front of `rest_`. False: not of the grammar.
class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : rest_(text) {}

  bool document(XmlElement& root) {
    if (rest_.starts_with("<?xml ")) {
      const std::size_t end = rest_.find("?>");
      if (end == std::string_view::npos) return false;
      rest_.remove_prefix(end + 2);
    }
    skip_blanks();
    if (!element(root, 1)) return false;
    skip_blanks();
    return rest_.empty();
  }

 private:
  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.size(), rest_.find_first_not_of(kXmlBlanks)));
  }

  bool name(std::string_view& into) {
    const auto* const end = std::find_if_not(rest_.begin(), rest_.end(), is_xml_name_char);
    into = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(into.size());
    return !into.empty() && is_ascii_letter(into.front());
  }

  // ` name="value"`, any number of them.
  bool attributes() {
    for (;;) {
      const std::size_t before = rest_.size();
      skip_blanks();
      if (rest_.starts_with('>') || rest_.starts_with("/>")) return true;
      std::string_view attribute;
      if (rest_.size() == before || !name(attribute) || !take("=")) return false;
      const char quote = rest_.empty() ? '\0' : rest_.front();
      if (quote != '"' && quote != '\'') return false;
      const std::size_t end = rest_.find(quote, 1);
      if (end == std::string_view::npos || rest_.substr(0, end).find('<') != std::string::npos) {
        return false;
      }
      rest_.remove_prefix(end + 1);
    }
  }

  bool element(XmlElement& into, int depth) {
    std::string_view begun;
    if (depth > kMaxXmlDepth || ++elements_ > kMaxXmlElements || !take("<") || !name(begun) ||
        !attributes()) {
      return false;
    }
    into.name = begun;
    if (take("/>")) return true;
    if (!take(">")) return false;
    while (!rest_.empty()) {
      if (take("</")) {
        std::string_view ended;
        if (!name(ended) || ended != begun) return false;
        skip_blanks();
        return take(">");
      }
      if (rest_.front() == '<') {
        if (!element(into.children.emplace_back(), depth + 1)) return false;
      } else if (!text(into.text)) {
        return false;
      }
    }
    return false;
  }

  bool text(std::string& into) {
    const std::size_t end = std::min(rest_.size(), rest_.find_first_of("<&"));
    into += rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (!take("&")) return true;
    const std::size_t semicolon = rest_.find(';');
    if (semicolon == std::string_view::npos) return false;
    const auto resolved = resolve_reference(rest_.substr(0, semicolon));
    if (!resolved) return false;
    into += *resolved;
    rest_.remove_prefix(semicolon + 1);
    return true;
  }

  std::string_view rest_;
  std::size_t elements_ = 0;
};

}  // namespace

const XmlElement* XmlElement::child(std::string_view child_name) const {
  const auto found = std::find_if(children.begin(), children.end(),
                                  [&](const XmlElement& e) { return e.name == child_name; });
  return found == children.end() ? nullptr : &*found;
}

std::string_view XmlElement::child_text(std::string_view child_name) const {
  const XmlElement* const found = child(child_name);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

Result<XmlElement> parse_xml(std::string_view text) {
  XmlElement root;
  if (text.size() <= kMaxXmlBytes && is_valid_utf8(text) && XmlReader(text).document(root))
    return root;
  return Error(ErrorCode::invalid_input, "the text is not XML as S3 writes it");
}

}  // namespace mkt
