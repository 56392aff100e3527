// Compiles and matches the lines of a .mktignore file.
//
// A pattern is compiled to a list of tokens once, so matching meets no malformed brackets and no
// escapes. Matching needs no recursion: of all the `*` and `**/` passed so far, only the last of
// each can be worth a retry with more text.
#include "common/connector/ignore_rules.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <utility>

namespace mkt {
namespace {

using ByteSet = std::bitset<256>;

struct Token {
  enum class Kind : std::uint8_t {
    byte,     // itself
    any,      // `?`: one byte, not '/'
    set,      // `[...]`: one byte of a set, which never has '/'
    star,     // `*`: any number of bytes, none of them '/'
    folders,  // `**/`: nothing, or anything up to and with a '/'
    rest,     // `**` at the end: everything left
  };
  Kind kind;
  std::uint8_t byte = 0;  // of Kind::byte
  std::uint32_t set = 0;  // of Kind::set: the index in Glob::sets
};

struct Glob {
  std::vector<Token> tokens;
  std::vector<ByteSet> sets;
};

std::uint8_t to_byte(char c) { return static_cast<std::uint8_t>(c); }

// --- POSIX classes, for ASCII only, with the same members as in git

struct CharacterClass {
  std::string_view name;
  std::string_view ranges;  // the first and last byte of each
};

constexpr std::array<CharacterClass, 12> kCharacterClasses{{
    {"alnum", "09AZaz"},
    {"alpha", "AZaz"},
    {"blank", "  \t\t"},
    {"cntrl", std::string_view("\0\x1f\x7f\x7f", 4)},
    {"digit", "09"},
    {"graph", "!~"},
    {"lower", "az"},
    {"print", " ~"},
    {"punct", "!/:@[`{~"},
    {"space", "  \t\n\r\r"},  // without \v and \f, as git's own isspace
    {"upper", "AZ"},
    {"xdigit", "09AFaf"},
}};

void add_range(std::uint8_t first, std::uint8_t last, ByteSet& set) {
  for (std::size_t b = first; b <= last; ++b) set.set(b);
}

// False when no class has that name.
bool add_class(std::string_view name, ByteSet& set) {
  const auto known = std::find_if(kCharacterClasses.begin(), kCharacterClasses.end(),
                                  [&](const CharacterClass& c) { return c.name == name; });
  if (known == kCharacterClasses.end()) return false;
  for (std::size_t i = 0; i < known->ranges.size(); i += 2) {
    add_range(to_byte(known->ranges[i]), to_byte(known->ranges[i + 1]), set);
  }
  return true;
}

// --- From text to tokens

// Reads one `[...]`; the text begins after the '['.
class BracketParser {
 public:
  explicit BracketParser(std::string_view text) : text_(text) {}

  // The bytes that it matches; nullopt when it is not closed or names an unknown class.
  std::optional<ByteSet> parse() {
    const bool negated = next_is('!') || next_is('^');
    if (negated) ++at_;
    do {  // a ']' in first place stands for itself
      if (!member()) return std::nullopt;
    } while (!next_is(']'));
    ++at_;
    if (negated) set_.flip();
    set_.reset(to_byte('/'));
    return set_;
  }

  // The length of the bracket in the text, with its ']'.
  std::size_t consumed() const { return at_; }

 private:
  bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }

  bool member() {
    if (text_.substr(at_).starts_with("[:")) {
      if (const auto name = class_name()) return add_named(*name);
    }
    if (range_begin_ && next_is('-') && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
      ++at_;
      return add_range_from(*std::exchange(range_begin_, std::nullopt));
    }
    range_begin_ = one_byte();
    if (range_begin_) set_.set(*range_begin_);
    return range_begin_.has_value();
  }

  // The name in a `[:name:]` that begins here. Without a ":]" it is an ordinary '['.
  std::optional<std::string_view> class_name() const {
    const std::string_view inner = text_.substr(at_ + 2);
    const std::size_t close = inner.find(']');
    if (close == std::string_view::npos || close == 0 || inner[close - 1] != ':') {
      return std::nullopt;
    }
    return inner.substr(0, close - 1);
  }

  bool add_named(std::string_view name) {
    at_ += name.size() + std::string_view("[::]").size();
    range_begin_.reset();  // a class begins no range
    return add_class(name, set_);
  }

  bool add_range_from(std::uint8_t first) {
    const auto last = one_byte();
    if (!last) return false;
    add_range(first, *last, set_);
    return true;
  }

  std::optional<std::uint8_t> one_byte() {
    if (next_is('\\')) ++at_;
    if (at_ == text_.size()) return std::nullopt;
    return to_byte(text_[at_++]);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  ByteSet set_;
  std::optional<std::uint8_t> range_begin_;  // the byte just read, if a '-' may follow it
};

class GlobParser {
 public:
  explicit GlobParser(std::string_view pattern)
      : pattern_(pattern), first_special_(pattern.find_first_of("*?[\\")) {}

  // Nullopt when the pattern cannot match anything.
  std::optional<Glob> parse() {
    while (at_ < pattern_.size()) {
      if (!token()) return std::nullopt;
    }
    return std::move(glob_);
  }

 private:
  void push(Token::Kind kind) { glob_.tokens.push_back({kind}); }
  void push_byte(char c) { glob_.tokens.push_back({Token::Kind::byte, to_byte(c)}); }

  bool token() {
    switch (pattern_[at_]) {
      case '*':
        stars();
        return true;
      case '?':
        ++at_;
        push(Token::Kind::any);
        return true;
      case '[':
        return bracket();
      case '\\':
        return escaped();
      default:
        push_byte(pattern_[at_++]);
        return true;
    }
  }

  // A run of stars: one is `*`; two or more span folders if nothing else is between the two
  // slashes.
  void stars() {
    const std::size_t begin = at_;
    at_ = std::min(pattern_.find_first_not_of('*', begin), pattern_.size());
    const std::string_view behind = pattern_.substr(at_);
    if (at_ - begin < 2 || !may_span_from(begin)) return push(Token::Kind::star);
    if (behind.empty()) return push(Token::Kind::rest);
    if (behind.starts_with('/')) return folders(1);
    push(Token::Kind::star);
    if (behind.starts_with("\\/")) {  // git: also spans, but takes at least one folder
      push_byte('/');
      folders(2);
    }
  }

  // After a '/', or first: git looks for stars only after the part that is plainly literal.
  bool may_span_from(std::size_t begin) const {
    return begin == first_special_ || pattern_[begin - 1] == '/';
  }

  void folders(std::size_t slash_size) {
    at_ += slash_size;
    push(Token::Kind::folders);
  }

  bool bracket() {
    BracketParser parser(pattern_.substr(at_ + 1));
    const auto set = parser.parse();
    if (!set) return false;
    at_ += 1 + parser.consumed();
    glob_.tokens.push_back({Token::Kind::set, 0, static_cast<std::uint32_t>(glob_.sets.size())});
    glob_.sets.push_back(*set);
    return true;
  }

  bool escaped() {
    if (at_ + 1 == pattern_.size()) return false;
    push_byte(pattern_[at_ + 1]);
    at_ += 2;
    return true;
  }

  std::string_view pattern_;
  std::size_t first_special_;
  std::size_t at_ = 0;
  Glob glob_;
};

// --- Matching

// One attempt to match a glob with a text. The last `*` takes one more byte at a time up to the
// next '/', then the last `**/` takes one more folder at a time. Earlier ones need no retry: a
// later one can take everything that they could leave to it. So each token meets each byte a
// bounded number of times.
class Matching {
 public:
  Matching(const Glob& glob, std::string_view text) : glob_(glob), text_(text) {}

  bool run() {
    while (!finished()) {
      if (!step() && !widen_star() && !widen_folders()) return false;
    }
    return true;
  }

 private:
  // Where to continue when the text does not match what follows a `*` or `**/`.
  struct Retry {
    std::size_t token;
    std::size_t at;
  };

  bool finished() const { return token_ == glob_.tokens.size() && at_ == text_.size(); }

  bool step() {
    if (token_ == glob_.tokens.size()) return false;
    const Token& token = glob_.tokens[token_];
    switch (token.kind) {
      case Token::Kind::star:
        star_ = Retry{++token_, at_};
        return true;
      case Token::Kind::folders:
        folders_ = Retry{++token_, at_};
        star_.reset();
        return true;
      case Token::Kind::rest:
        ++token_;
        at_ = text_.size();
        return true;
      default:
        if (at_ == text_.size() || !accepts(token, text_[at_])) return false;
        ++token_;
        ++at_;
        return true;
    }
  }

  bool accepts(const Token& token, char c) const {
    if (token.kind == Token::Kind::byte) return token.byte == to_byte(c);
    if (token.kind == Token::Kind::set) return glob_.sets[token.set].test(to_byte(c));
    return c != '/';
  }

  bool widen_star() {
    if (!star_ || star_->at == text_.size() || text_[star_->at] == '/') return false;
    ++star_->at;
    resume(*star_);
    return true;
  }

  bool widen_folders() {
    if (!folders_) return false;
    const std::size_t slash = text_.find('/', folders_->at);
    if (slash == std::string_view::npos) return false;
    folders_->at = slash + 1;
    star_.reset();
    resume(*folders_);
    return true;
  }

  void resume(const Retry& retry) {
    token_ = retry.token;
    at_ = retry.at;
  }

  const Glob& glob_;
  std::string_view text_;
  std::size_t token_ = 0;
  std::size_t at_ = 0;
  std::optional<Retry> star_;
  std::optional<Retry> folders_;
};

// --- Lines

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Removes the first line from `text` and returns it without its LF or CRLF. As in git, a NUL ends
// it.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line.substr(0, line.find('\0'));
}

std::string_view without_trailing_spaces(std::string_view line) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ' ') continue;
    if (line[i] == '\\') ++i;  // keeps the next byte, even a space
    end = i + 1;
  }
  return line.substr(0, end);
}

std::string_view name_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

}  // namespace

struct IgnoreRule {
  Glob glob;
  bool includes = false;       // began with `!`
  bool folders_only = false;   // ended with '/'
  bool whole_path = false;     // has another '/', so it is matched from the file's own folder on
  bool names_in_full = false;  // its last component has no wildcard

  bool speaks_about(std::string_view path, bool is_folder) const {
    if (folders_only && !is_folder) return false;
    return Matching(glob, whole_path ? path : name_of(path)).run();
  }
};

namespace {

// Nullopt when the line, without its trailing spaces, cannot match anything.
std::optional<IgnoreRule> parse_rule(std::string_view line) {
  IgnoreRule rule;
  rule.includes = line.starts_with('!');
  if (rule.includes) line.remove_prefix(1);
  rule.folders_only = line.ends_with('/');
  if (rule.folders_only) line.remove_suffix(1);
  rule.whole_path = line.find('/') != std::string_view::npos;
  if (line.starts_with('/')) line.remove_prefix(1);
  if (line.empty()) return std::nullopt;
  rule.names_in_full = name_of(line).find_first_of("*?[") == std::string_view::npos;
  auto glob = GlobParser(line).parse();
  if (!glob) return std::nullopt;
  rule.glob = std::move(*glob);
  return rule;
}

}  // namespace

IgnoreRules IgnoreRules::parse(std::string_view text) {
  IgnoreRules parsed;
  std::vector<IgnoreRule> rules;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.starts_with('#')) continue;
    if (line.size() > kMaxLineBytes) {
      parsed.truncated_ = true;
      continue;
    }
    auto rule = parse_rule(without_trailing_spaces(line));
    if (!rule) continue;
    if (rules.size() == kMaxRules) {
      parsed.truncated_ = true;
      break;
    }
    rules.push_back(std::move(*rule));
  }
  if (!rules.empty()) {
    parsed.rules_ = std::make_shared<const std::vector<IgnoreRule>>(std::move(rules));
  }
  return parsed;
}

const IgnoreRule* IgnoreRules::deciding(std::string_view path, bool is_folder) const {
  if (!rules_) return nullptr;
  const auto rule = std::find_if(rules_->rbegin(), rules_->rend(), [&](const IgnoreRule& r) {
    return r.speaks_about(path, is_folder);
  });
  return rule == rules_->rend() ? nullptr : &*rule;
}

std::optional<bool> IgnoreRules::match(std::string_view path, bool is_folder) const {
  const IgnoreRule* rule = deciding(path, is_folder);
  if (rule == nullptr) return std::nullopt;
  return !rule->includes;
}

bool IgnoreRules::names(std::string_view path, bool is_folder) const {
  const IgnoreRule* rule = deciding(path, is_folder);
  return rule != nullptr && rule->includes && rule->names_in_full;
}

}  // namespace mkt
