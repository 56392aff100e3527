#include "cli/import/npm_package.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.h"
#include "common/base/utf8.h"
#include "common/connector/version.h"
#include "common/connector/version_range.h"

namespace mkt {
namespace {

// npm's own bound; it stands in a URL and in messages.
constexpr std::size_t kMaxNpmName = 214;
constexpr std::size_t kMaxWanted = 256;

bool is_name_part(std::string_view text) {
  return !text.empty() && !text.starts_with('.') && !text.starts_with('_') &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_ascii_letter(c) || is_ascii_digit(c) || c == '-' || c == '_' || c == '.' ||
                  c == '~';
         });
}

bool is_npm_name(std::string_view name) {
  if (name.size() > kMaxNpmName) return false;
  if (!name.starts_with('@')) return is_name_part(name);
  const std::size_t slash = name.find('/');
  return slash != std::string_view::npos && is_name_part(name.substr(1, slash - 1)) &&
         is_name_part(name.substr(slash + 1));
}

Error not_a_document(const std::string& what) {
  return Error(ErrorCode::invalid_input,
               fmt::format("the npm registry's document is not one of a package: {}", what));
}

const Json* object_member(const Json& object, const std::string& name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_object() ? &*it : nullptr;
}

bool is_deprecated(const Json& release) {
  const auto it = release.find("deprecated");
  if (it == release.end()) return false;
  return it->is_string() ? !it->get_ref<const std::string&>().empty() : *it == true;
}

// Those that the range contains; a registry may hold versions that are none by our rules.
std::optional<Version> highest_in(const Json& versions, const VersionRange& range,
                                  bool with_deprecated) {
  std::optional<Version> highest;
  for (const auto& [text, release] : versions.items()) {
    if (!release.is_object() || (!with_deprecated && is_deprecated(release))) continue;
    auto version = Version::parse(text);
    if (!version || !range.contains(*version)) continue;
    if (!highest || std::is_gt(compare_precedence(*version, *highest)))
      highest = std::move(*version);
  }
  return highest;
}

// Empty where the document has none.
std::string chosen_version(const Json& document, const Json& versions, const std::string& wanted) {
  if (versions.contains(wanted)) return wanted;
  const Json* tags = object_member(document, "dist-tags");
  const auto tagged = [&](const char* tag) {
    return tags == nullptr ? std::string() : text_member(*tags, tag).value_or("");
  };
  const auto range = VersionRange::parse(wanted);
  if (!range) return tagged(wanted.c_str());
  std::string latest = tagged("latest");
  const auto newest = Version::parse(latest);
  if (newest && versions.contains(latest) && (range->contains(*newest) || wanted == "*")) {
    return latest;
  }
  for (const bool with_deprecated : {false, true}) {
    if (const auto found = highest_in(versions, *range, with_deprecated)) return found->text();
  }
  return {};
}

}  // namespace

Result<NpmPackage> NpmPackage::parse(std::string_view text) {
  const std::size_t at = text.find('@', 1);
  NpmPackage package{std::string(text.substr(0, at)), "latest"};
  if (!is_npm_name(package.name)) {
    return Error(ErrorCode::usage_error,
                 fmt::format("\"{}\" is not a package of npm such as tickets or @acme/tickets",
                             printable(package.name.substr(0, kMaxNpmName))));
  }
  if (at == std::string_view::npos) return package;
  package.wanted = trim(text.substr(at + 1));
  if (package.wanted.empty()) package.wanted = "latest";
  if (package.wanted.size() > kMaxWanted || has_control_characters(package.wanted) ||
      !is_valid_utf8(package.wanted) || package.wanted.find(':') != std::string::npos) {
    return Error(ErrorCode::usage_error,
                 fmt::format("\"{}\" is neither a version, nor a range of versions, nor a tag",
                             printable(package.wanted.substr(0, kMaxWanted))));
  }
  return package;
}

std::string NpmPackage::in_url() const {
  const std::size_t slash = name.find('/');
  if (slash == std::string::npos) return name;
  return fmt::format("{}%2f{}", name.substr(0, slash), name.substr(slash + 1));
}

std::string NpmPackage::scope() const {
  return name.starts_with('@') ? name.substr(1, name.find('/') - 1) : std::string();
}

std::string without_query(const std::string& url) { return url.substr(0, url.find_first_of("?#")); }

Result<NpmRelease> choose_npm_release(const Json& document, const NpmPackage& package) {
  const Json* versions = document.is_object() ? object_member(document, "versions") : nullptr;
  if (versions == nullptr) return not_a_document("it has no versions");
  const std::string version = chosen_version(document, *versions, package.wanted);
  const Json* release = version.empty() ? nullptr : object_member(*versions, version);
  if (release == nullptr) {
    return Error(ErrorCode::version_not_found,
                 fmt::format("{} has no version {} at the npm registry", package.name,
                             printable(package.wanted)));
  }
  // A registry that answers with another package's files must not have them taken for this one's.
  if (text_member(*release, "name") != package.name ||
      text_member(*release, "version") != version) {
    return not_a_document("its version is of another package");
  }
  const Json* dist = object_member(*release, "dist");
  if (dist == nullptr) return not_a_document("its version has no tarball");
  // Another type must not count as none, which would leave the word to SHA-1.
  if (dist->contains("integrity") && !text_member(*dist, "integrity")) {
    return not_a_document("its version's integrity is no text");
  }
  NpmRelease chosen{version,
                    text_member(*dist, "tarball").value_or(""),
                    text_member(*dist, "integrity").value_or(""),
                    text_member(*dist, "shasum").value_or(""),
                    {}};
  if (chosen.url.empty()) return not_a_document("its version has no tarball");
  if (is_deprecated(*release)) {
    chosen.deprecated = text_member(*release, "deprecated").value_or("its maker does not say why");
  }
  return chosen;
}

}  // namespace mkt
