#include "daemon/web/html.h"

#include <algorithm>

#include "common/base/text.h"
#include "common/base/url.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

bool is_plain_ascii(char c) { return c > ' ' && c < '\x7f'; }

// U+FFFD, which browsers show as a sign.
constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// A run of bytes above 0x7f.
void append_foreign(std::string_view run, std::string& out) {
  if (is_valid_utf8(run) && !has_control_characters(run)) {
    out += run;
    return;
  }
  for (const char c : printable(run)) {
    if (c == '?') {
      out += kReplacement;
    } else {
      out += c;
    }
  }
}

}  // namespace

Href Href::path(std::initializer_list<std::string_view> segments) {
  std::string text;
  for (const std::string_view segment : segments) text += "/" + percent_encode(segment);
  return Href::of(std::move(text));
}

std::optional<Href> Href::elsewhere(std::string_view url) {
  if (url.empty() || url.size() > kMaxBytes) return std::nullopt;
  // Browsers drop blanks and controls from an address before they read its scheme.
  const bool foreign = std::any_of(url.begin(), url.end(), [](char c) {
    return !is_plain_ascii(c) && static_cast<unsigned char>(c) < 0x80;
  });
  if (foreign || !is_valid_utf8(url) || has_control_characters(url)) return std::nullopt;
  const std::string scheme = lower_case(url.substr(0, 8));
  const bool known = scheme.starts_with("https://") || scheme.starts_with("http://") ||
                     scheme.starts_with("mailto:");
  return known ? std::optional(Href::of(std::string(url))) : std::nullopt;
}

std::optional<Href> Href::local(std::string_view path) {
  // "//host" and "/\host" lead elsewhere.
  const bool leads_here = path.starts_with('/') && !path.starts_with("//") &&
                          path.find('\\') == std::string_view::npos && path.size() <= kMaxBytes;
  if (!leads_here || !std::all_of(path.begin(), path.end(), is_plain_ascii)) return std::nullopt;
  return Href::of(std::string(path));
}

Href Href::with(std::string_view name, std::string_view value) const {
  const char* const sign = text_.find('?') == std::string::npos ? "?" : "&";
  return Href::of(text_ + sign + percent_encode(name) + "=" + percent_encode(value));
}

Href Href::at(Markup fragment) const {
  return Href::of(text_ + "#" + std::string(fragment.text()));
}

void Html::escape(std::string_view text) {
  text_.reserve(text_.size() + text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    switch (c) {
      case '&':
        text_ += "&amp;";
        break;
      case '<':
        text_ += "&lt;";
        break;
      case '>':
        text_ += "&gt;";
        break;
      case '"':
        text_ += "&quot;";
        break;
      case '\'':
        text_ += "&#39;";
        break;
      case '\n':
      case '\t':
        text_ += c;
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x80) {
          std::size_t end = at;
          while (end < text.size() && static_cast<unsigned char>(text[end]) >= 0x80) ++end;
          append_foreign(text.substr(at, end - at), text_);
          at = end - 1;
        } else if (c < ' ' || c == '\x7f') {
          text_ += kReplacement;
        } else {
          text_ += c;
        }
    }
  }
}

}  // namespace mkt
