// The marks of known tokens.
#include "common/connector/secret_scan.h"

#include <fmt/format.h>

#include <array>
#include <bitset>

#include "common/base/encoding.h"
#include "common/base/token_text.h"

namespace mkt {
namespace {

// Longer than a mark and the part of its body that is looked at.
constexpr std::size_t kOverlapBytes = 256;
// A random body has at least this many; placeholders repeat themselves.
constexpr std::size_t kDistinctCharacters = 8;

struct TokenKind {
  std::string_view mark;
  std::size_t least;       // characters of the body
  std::string_view extra;  // what stands in a body beside letters and digits
  std::string_view what;
};

constexpr auto kTokens = std::to_array<TokenKind>({
    {"AKIA", 16, "", "an access key of AWS"},
    {"ASIA", 16, "", "an access key of AWS"},
    {"ghp_", 36, "", "an access token of GitHub"},
    {"gho_", 36, "", "an access token of GitHub"},
    {"ghu_", 36, "", "an access token of GitHub"},
    {"ghs_", 36, "", "an access token of GitHub"},
    {"ghr_", 36, "", "an access token of GitHub"},
    {"github_pat_", 60, "_", "an access token of GitHub"},
    {"glpat-", 20, "_-", "an access token of GitLab"},
    {"npm_", 36, "", "an access token of npm"},
    {"xoxb-", 40, "-", "an access token of Slack"},
    {"xoxp-", 40, "-", "an access token of Slack"},
    {"sk_live_", 24, "", "a secret key of Stripe"},
    {"rk_live_", 24, "", "a secret key of Stripe"},
    {kTokenPrefix, kTokenLength - kTokenPrefix.size(), "_", "an access token of mkt"},
});

constexpr std::string_view kKeyHeader = "PRIVATE KEY-----";
constexpr std::size_t kKeyBody = 60;  // the one line of an Ed25519 key has 64
constexpr std::string_view kBase64 = "+/=";
// What separates a header from its body: the end of a line, in a file or in a string literal. In
// prose about keys, a blank follows the header.
constexpr auto kLineEnds = std::to_array<std::string_view>({"\r\n", "\n", "\\r\\n", "\\n"});

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string_view body_at(std::string_view text, std::string_view extra) {
  std::size_t end = 0;
  while (end < text.size() && (is_word_character(text[end]) || extra.find(text[end]) != extra.npos))
    ++end;
  return text.substr(0, end);
}

bool looks_random(std::string_view body) {
  std::bitset<256> seen;
  bool has_digit = false;
  for (const char c : body) {
    seen.set(static_cast<unsigned char>(c));
    has_digit = has_digit || (c >= '0' && c <= '9');
  }
  return has_digit && seen.count() >= kDistinctCharacters && body.find("EXAMPLE") == body.npos;
}

// What precedes a mark at the very beginning of the text belongs to an earlier text.
bool has_token(std::string_view text, const TokenKind& kind, bool begins_file) {
  for (std::size_t at = text.find(kind.mark); at != text.npos; at = text.find(kind.mark, at + 1)) {
    if (at == 0 ? !begins_file : is_word_character(text[at - 1]) || text[at - 1] == '_') continue;
    const std::string_view body = body_at(text.substr(at + kind.mark.size()), kind.extra);
    if (body.size() >= kind.least && looks_random(body)) return true;
  }
  return false;
}

bool has_private_key(std::string_view text) {
  for (std::size_t at = text.find(kKeyHeader); at != text.npos;
       at = text.find(kKeyHeader, at + 1)) {
    const std::string_view rest = text.substr(at + kKeyHeader.size());
    for (const std::string_view line_end : kLineEnds) {
      if (!rest.starts_with(line_end)) continue;
      const std::string_view body = body_at(rest.substr(line_end.size()), kBase64);
      if (body.size() >= kKeyBody && looks_random(body)) return true;
    }
  }
  return false;
}

}  // namespace

void SecretScan::feed(std::span<const std::uint8_t> bytes) {
  if (!found_.empty()) return;
  const std::size_t passed = window_.size() - std::min(window_.size(), kOverlapBytes);
  begins_file_ = begins_file_ && passed == 0;
  window_.erase(0, passed);
  window_ += as_text(bytes);
  if (has_private_key(window_)) found_ = "holds what looks like a private key";
  for (const TokenKind& kind : kTokens) {
    if (found_.empty() && has_token(window_, kind, begins_file_)) {
      found_ = fmt::format("holds what looks like {}", kind.what);
    }
  }
}

}  // namespace mkt
