// Finds and replaces one member in a JSON text.
#include "common/connector/manifest_checksum.h"

#include <fmt/format.h>

#include <optional>

#include "common/base/json.h"

namespace mkt {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

struct Span {
  std::size_t begin, end;
};

// The string that begins with the quote at `at`, including both quotes.
Span string_at(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  return {at, end + 1};
}

// Where the string value of the outermost object's member `checksum` is. The text is valid JSON, so
// looking at braces and quotes is enough.
std::optional<Span> find_checksum(std::string_view text) {
  int depth = 0;
  bool is_name = false;  // is the next string a member's name, or a value?
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (c == '{' || c == ',') is_name = depth == 1;
    if (c == ':') is_name = false;
    if (c != '"') {
      ++at;
      continue;
    }
    const Span found = string_at(text, at);
    at = found.end;
    if (!is_name) continue;
    // A name may be written with escapes.
    if (Json::parse(text.substr(found.begin, found.end - found.begin)) != "checksum") continue;
    return string_at(text, text.find('"', at));
  }
  return std::nullopt;
}

}  // namespace

std::string with_entrypoint_checksum(std::string_view manifest, const Checksum& checksum) {
  const std::string value = fmt::format("\"{}\"", checksum.text());
  std::string filled(manifest);
  if (const auto there = find_checksum(manifest)) {
    return filled.replace(there->begin, there->end - there->begin, value);
  }
  const std::size_t open = manifest.find('{');
  const std::size_t first = manifest.find_first_not_of(kBlanks, open + 1);
  const std::string_view before_member = manifest.substr(open + 1, first - open - 1);
  const std::size_t last = manifest.find_last_not_of(kBlanks, manifest.rfind('}') - 1);
  filled.insert(last + 1, fmt::format(",{}\"checksum\": {}", before_member, value));
  return filled;
}

}  // namespace mkt
