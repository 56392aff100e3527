// The older loader's schema, where it is narrower than ours.
#include "common/connector/older_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/utf8.h"

namespace mkt {
namespace {

// From the older manifest schema; lengths count UTF-16 units, as in JavaScript.
constexpr std::size_t kMaxOlderLicense = 64;
constexpr std::size_t kMaxOlderDescription = 512;
constexpr std::size_t kMaxPathBytes = 100;  // of the name field in a tar header
constexpr auto kExtensions = std::to_array<std::string_view>({".js", ".mjs", ".cjs"});

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) units += byte >= 0xf0 ? 2 : 1;  // a lead byte
  }
  return units;
}

// ^[a-zA-Z0-9._/-]+\.(js|mjs|cjs)$
bool is_old_entrypoint(std::string_view path) {
  const auto plain = [](char c) {
    return is_alnum(c) || c == '.' || c == '_' || c == '/' || c == '-';
  };
  return std::all_of(path.begin(), path.end(), plain) &&
         std::any_of(kExtensions.begin(), kExtensions.end(), [&](std::string_view extension) {
           return path.size() > extension.size() && path.ends_with(extension);
         });
}

// ^N.N.N(-[a-zA-Z0-9.]+)?$
bool is_old_version(std::string_view text) {
  const std::string_view behind =
      text.substr(std::min(text.find_first_not_of("0123456789."), text.size()));
  if (behind.empty()) return true;
  return behind.starts_with('-') && std::all_of(behind.begin() + 1, behind.end(),
                                                [](char c) { return is_alnum(c) || c == '.'; });
}

bool is_release(std::string_view text) {
  return text.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

std::vector<ErrorDetail> older_loader_findings(const Manifest& manifest,
                                               const std::vector<SourceEntry>& entries) {
  std::vector<ErrorDetail> findings;
  if (!is_old_entrypoint(manifest.entrypoint())) {
    findings.push_back(
        {"entrypoint",
         "must end with .js, .mjs or .cjs, and contain only the characters a-z A-Z 0-9 . _ / -"});
  }
  const auto check_length = [&](const char* path, const std::string& text, std::size_t most) {
    const std::size_t length = utf16_length(text);
    if (length <= most) return;
    findings.push_back({path, fmt::format("has {} characters; at most {} are read", length, most)});
  };
  check_length("license", manifest.license(), kMaxOlderLicense);
  check_length("description", manifest.description(), kMaxOlderDescription);
  if (!is_old_version(manifest.version().text())) {
    findings.push_back({"version",
                        "must be N.N.N, with nothing but -letters, digits and dots behind it: no "
                        "+build, no second hyphen"});
  }
  const auto& known = known_capabilities();
  for (std::size_t i = 0; i < manifest.capabilities().size(); ++i) {
    const std::string& word = manifest.capabilities()[i];
    if (std::find(known.begin(), known.end(), word) == known.end()) {
      findings.push_back(
          {fmt::format("capabilities[{}]", i), fmt::format("\"{}\" is not known", word)});
    }
  }
  const auto core = text_member(manifest.json(), "minCoreVersion");
  if (core && !is_release(*core)) findings.push_back({"minCoreVersion", "must be N.N.N"});

  std::size_t long_paths = 0;
  const SourceEntry* first = nullptr;
  for (const SourceEntry& e : entries) {
    // A folder's name ends in '/'.
    if (e.path.size() + (e.is_folder ? 1 : 0) <= kMaxPathBytes) continue;
    if (long_paths++ == 0) first = &e;
  }
  if (first != nullptr) {
    findings.push_back(
        {printable(first->path),
         fmt::format(
             "has more than {} bytes{}; such a file is unpacked to another place", kMaxPathBytes,
             long_paths == 1 ? std::string() : fmt::format(", and {} more have", long_paths - 1))});
  }
  return findings;
}

}  // namespace mkt
