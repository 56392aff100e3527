#include "daemon/store/document_text.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace mkt {
namespace {

constexpr auto kDocumentWords = std::to_array<std::pair<DocumentKind, std::string_view>>(
    {{DocumentKind::log, "log"},
     {DocumentKind::publisher, "publisher"},
     {DocumentKind::connector, "connector"},
     {DocumentKind::version, "version"},
     {DocumentKind::policy, "policy"},
     {DocumentKind::install_request, "install_request"},
     {DocumentKind::installation, "installation"},
     {DocumentKind::installation_event, "installation_event"}});

constexpr auto kFlags = std::to_array<std::string_view>(
    {"verified", "prerelease", "deprecated", "quarantined", "allow_self_approval"});

}  // namespace

std::string_view document_word(DocumentKind kind) {
  for (const auto& [known, word] : kDocumentWords) {
    if (known == kind) return word;
  }
  throw std::logic_error("a kind of documents has no word");
}

DocumentKind document_kind(std::string_view word) {
  for (const auto& [kind, known] : kDocumentWords) {
    if (known == word) return kind;
  }
  throw std::logic_error("no kind of documents has this word");
}

std::string document_member(std::string_view column) {
  std::string name;
  bool upper = false;
  for (const char c : column) {
    if (c == '_') {
      upper = true;
    } else {
      name += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      upper = false;
    }
  }
  return name;
}

bool is_flag_column(std::string_view column) {
  return std::find(kFlags.begin(), kFlags.end(), column) != kFlags.end();
}

std::vector<std::string> document_key(const std::string& json) {
  std::vector<std::string> key;
  for (const Json& part : Json::parse(json)) {
    key.push_back(part.is_string() ? part.get<std::string>()
                                   : std::to_string(part.get<std::int64_t>()));
  }
  return key;
}

}  // namespace mkt
