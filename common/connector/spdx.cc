// A recursive-descent parser of SPDX license expressions.
#include "common/connector/spdx.h"

namespace mkt {
namespace {

constexpr int kMaxDepth = 16;

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) { next(); }

  bool whole() { return expression(0) && token_.empty(); }

 private:
  static bool is_id_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == ':' || c == '+';
  }

  // Moves to the next parenthesis or word. The token is empty at the end and at a foreign
  // character.
  void next() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
    std::size_t n = 0;
    if (!rest_.empty() && (rest_.front() == '(' || rest_.front() == ')')) {
      n = 1;
    } else {
      while (n < rest_.size() && is_id_character(rest_[n])) ++n;
      broken_ = broken_ || (n == 0 && !rest_.empty());
    }
    token_ = rest_.substr(0, n);
    rest_.remove_prefix(n);
  }

  bool is_operator() const { return token_ == "AND" || token_ == "OR" || token_ == "WITH"; }

  // A `+` may end an id; a ':' may only follow a DocumentRef.
  bool id(bool plus_allowed) {
    std::string_view word = token_;
    if (word.empty() || is_operator() || word == "(" || word == ")") return false;
    if (word.back() == '+') {
      if (!plus_allowed) return false;
      word.remove_suffix(1);
    }
    if (word.starts_with("DocumentRef-")) {
      const std::size_t colon = word.find(':');
      if (colon == std::string_view::npos) return false;
      word = word.substr(colon + 1);
      if (!word.starts_with("LicenseRef-")) return false;
    }
    if (word.starts_with("LicenseRef-")) word.remove_prefix(11);
    if (word.empty() || word.find_first_of("+:") != std::string_view::npos) return false;
    next();
    return true;
  }

  bool term(int depth) {
    if (token_ == "(") {
      next();
      if (!expression(depth + 1) || token_ != ")") return false;
      next();
      return true;
    }
    if (!id(true)) return false;
    if (token_ != "WITH") return true;
    next();
    return id(false);
  }

  bool expression(int depth) {
    if (depth > kMaxDepth || !term(depth)) return false;
    while (token_ == "AND" || token_ == "OR") {
      next();
      if (!term(depth)) return false;
    }
    return !broken_;
  }

  std::string_view rest_;
  std::string_view token_;
  bool broken_ = false;
};

}  // namespace

bool is_spdx_expression(std::string_view text) { return Reader(text).whole(); }

}  // namespace mkt
