// Html: a piece of a page, safe by construction.
//
// It is made of literals of this program, which are markup, and of everything else, which is text
// and is escaped:
//
//   Html html;
//   html << "<p class=\"about\">" << description << "</p>";   // description: std::string
//
// A `const char*` that is not a literal does not compile, and nothing turns a string into markup.
// Escaped text may stand between tags and in attributes within double quotes. What could reorder or
// hide text (control characters, bidirectional overrides, broken UTF-8) becomes a visible sign, as
// manifests, READMEs and logs are written by strangers. A link takes an Href, so that no text
// becomes "javascript:…". Values; not thread-safe.
#pragma once

#include <concepts>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace mkt {

// A literal of this program.
class Markup {
 public:
  consteval Markup(const char* literal) : text_(literal) {}  // NOLINT: implicit, of literals only
  constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

// Where a link leads: a path of this registry, or an address elsewhere with a scheme that does no
// harm.
class Href {
 public:
  static constexpr std::size_t kMaxBytes = 2048;

  explicit Href(Markup path) : text_(path.text()) {}
  // "/connectors/hello/1.0.0", each segment percent-encoded.
  static Href path(std::initializer_list<std::string_view> segments);
  // http, https and mailto; nullopt for anything else.
  static std::optional<Href> elsewhere(std::string_view url);
  // A path of this registry that came from outside; nullopt where it would lead elsewhere.
  static std::optional<Href> local(std::string_view path);

  Href with(std::string_view name, std::string_view value) const;
  Href at(Markup fragment) const;

  const std::string& text() const { return text_; }

 private:
  static Href of(std::string text) {
    Href href("");
    href.text_ = std::move(text);
    return href;
  }
  std::string text_;
};

class Html {
 public:
  Html() = default;
  Html(Markup markup) : text_(markup.text()) {}  // NOLINT: implicit

  Html& operator<<(Markup markup) { return text_ += markup.text(), *this; }
  Html& operator<<(const Html& inner) { return text_ += inner.text_, *this; }
  Html& operator<<(const Href& href) { return escape(href.text()), *this; }
  template <typename Text>
  requires std::same_as<Text, std::string> || std::same_as<Text, std::string_view> Html& operator<<(
      const Text& text) {
    return escape(text), *this;
  }
  template <std::integral Number>
  requires(!std::same_as<Number, bool> && !std::same_as<Number, char>) Html& operator<<(
      Number number) {
    return text_ += std::to_string(number), *this;
  }

  bool empty() const { return text_.empty(); }
  std::size_t size() const { return text_.size(); }
  const std::string& text() const { return text_; }
  std::string take() && { return std::move(text_); }

 private:
  void escape(std::string_view text);
  std::string text_;
};

}  // namespace mkt
