#include "cli/import/connector_draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "common/base/url.h"
#include "common/base/utf8.h"
#include "common/connector/entry_path.h"
#include "common/connector/manifest.h"
#include "common/connector/manifest_limits.h"
#include "common/connector/nearest_name.h"
#include "common/connector/spdx.h"

namespace mkt {
namespace {

constexpr std::string_view kNoLicense = "LicenseRef-none";
constexpr const char* kCarefulClass = "DESTRUCTIVE";
constexpr std::size_t kShownWords = 6;
// A package may name what it likes; a manifest's other texts have bounds of their own.
constexpr std::size_t kMaxShownText = 80;

// The index of the first byte after `most` characters.
std::size_t end_of_characters(std::string_view text, std::size_t most) {
  std::size_t end = 0;
  for (; end < text.size() && most > 0; --most) {
    ++end;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  }
  return end;
}

// "LicenseRef-" and what is left of the text in the characters of an SPDX id.
std::string license_ref(std::string_view text) {
  std::string id = "LicenseRef-";
  for (const char c : text.substr(0, kMaxShownText)) {
    const bool plain = is_ascii_letter(c) || is_ascii_digit(c) || c == '.';
    if (plain) {
      id += c;
    } else if (!id.ends_with('-')) {
      id += '-';
    }
  }
  while (id.ends_with('-')) id.pop_back();
  return id == "LicenseRef" ? std::string(kNoLicense) : id;
}

// npm: a text, or in old packages an object with type, or a list of those.
std::string license_text(const Json& license) {
  if (license.is_string()) return fitting_text(license.get_ref<const std::string&>(), 256);
  if (license.is_object()) return fitting_member(license, "type", 256);
  if (license.is_array() && license.size() == 1) return license_text(license[0]);
  return {};
}

// What npm takes for a repository: also OWNER/NAME at GitHub.
std::string repository_link(const std::string& text) {
  const std::string_view shorthand =
      text.starts_with("github:") ? std::string_view(text).substr(7) : std::string_view(text);
  const bool is_shorthand = std::count(shorthand.begin(), shorthand.end(), '/') == 1 &&
                            shorthand.find(':') == std::string_view::npos &&
                            !shorthand.starts_with('/') && !shorthand.ends_with('/');
  return is_shorthand ? fmt::format("https://github.com/{}", shorthand) : text;
}

std::string web_link(std::string text) {
  for (const std::string_view prefix :
       {"git+https://", "git+http://", "git://", "git+ssh://git@"}) {
    if (text.starts_with(prefix)) {
      text = fmt::format("https://{}", text.substr(prefix.size()));
      break;
    }
  }
  if (text.ends_with(".git")) text.resize(text.size() - 4);
  const bool has_user = text.find('@') != std::string::npos;
  return is_http_url(text) && !has_user ? text : std::string();
}

Json tool_of(std::string name, std::string description) {
  Json tool{{"name", std::move(name)}};
  if (!description.empty()) tool["description"] = std::move(description);
  tool["policyClass"] = kCarefulClass;
  return tool;
}

// What Node.js takes for a module of that name.
std::optional<std::string> file_named(std::string path, const PackageFiles& files) {
  std::size_t begin = 0;
  while (path.compare(begin, 2, "./") == 0) begin += 2;
  path.erase(0, begin);
  if (path.ends_with('/')) path.pop_back();
  if (!check_entry_path(path)) return std::nullopt;
  for (const char* ending : {"", ".js", ".mjs", ".cjs", "/index.js"}) {
    if (files.contains(path + ending)) return path + ending;
  }
  return std::nullopt;
}

// Without empty ones, in the same order.
std::vector<std::string> each_once(const std::vector<std::string>& words) {
  std::vector<std::string> kept;
  std::set<std::string_view> seen;
  for (const std::string& word : words) {
    if (!word.empty() && seen.insert(word).second) kept.push_back(word);
  }
  return kept;
}

void note_classes(ConnectorDraft& draft) {
  const auto tools = draft.manifest.find("tools");
  if (tools == draft.manifest.end() || !tools->is_array()) return;
  std::vector<std::string> milder;
  for (const Json& tool : *tools) {
    const std::string policy_class = fitting_member(tool, "policyClass", kMaxShownText);
    if (policy_class.empty() || policy_class == kCarefulClass) continue;
    milder.push_back(
        fmt::format("{} is {}", fitting_member(tool, "name", kMaxShownText / 2), policy_class));
  }
  if (milder.empty()) return;
  draft.note("tools", fmt::format("the package gives its tools their classes itself: {}; see that "
                                  "they are right, for approvals go by them",
                                  list_some(milder)));
}

}  // namespace

std::string fitting_text(std::string_view text, std::size_t most) {
  std::string line;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = i + end_of_characters(text.substr(i), 1);
    const std::string_view character = text.substr(i, end - i);
    i = end;
    const bool blank = character == " " || has_control_characters(character);
    if (!blank) {
      line += character;
    } else if (!line.empty() && !line.ends_with(' ')) {
      line += ' ';
    }
  }
  if (line.ends_with(' ')) line.pop_back();
  if (count_code_points(line) <= most) return line;
  return line.substr(0, end_of_characters(line, most - 1)) + "…";
}

std::string fitting_member(const Json& object, const char* name, std::size_t most) {
  if (!object.is_object()) return {};
  return fitting_text(text_member(object, name).value_or(""), most);
}

std::string list_some(const std::vector<std::string>& words) {
  const std::size_t shown = words.size() <= kShownWords + 1 ? words.size() : kShownWords;
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    text += (i == 0 ? "" : ", ") + fitting_text(words[i], kMaxShownText);
  }
  if (shown < words.size()) text += fmt::format(" and {} more", words.size() - shown);
  return text;
}

ConnectorDraft start_draft(std::string name, std::string version) {
  ConnectorDraft draft;
  const std::string id = nearest_name(name);
  // In the order in which mkt init has them.
  draft.manifest = {{"manifestVersion", "1.0"},  {"id", id},          {"version", version},
                    {"displayName", id},         {"description", ""}, {"author", "unknown"},
                    {"license", kNoLicense},     {"entrypoint", ""},  {"tools", Json::array()},
                    {"capabilities", {"custom"}}};
  draft.name = std::move(name);
  draft.version = std::move(version);
  return draft;
}

void set_display_name(ConnectorDraft& draft, std::string_view name) {
  const std::string fitting = fitting_text(name, ManifestLimits::kDisplayName);
  if (!fitting.empty()) draft.manifest["displayName"] = fitting;
}

void set_description(ConnectorDraft& draft, std::string_view text) {
  const std::string fitting = fitting_text(text, ManifestLimits::kDescription);
  draft.manifest["description"] = fitting;
  if (fitting_text(text, text.size()) != fitting) {
    draft.note("description", fmt::format("it was longer; it is cut to {} characters",
                                          count_code_points(fitting)));
  }
}

void set_author(ConnectorDraft& draft, const Json& person, std::string_view otherwise) {
  std::string name = fitting_member(person, "name", ManifestLimits::kAuthor);
  if (person.is_string()) {
    const std::string& text = person.get_ref<const std::string&>();
    name = fitting_text(std::string_view(text).substr(0, text.find_first_of("<(")),
                        ManifestLimits::kAuthor);
  }
  if (name.empty()) {
    name = fitting_text(otherwise, ManifestLimits::kAuthor);
    draft.note("author",
               name.empty()
                   ? std::string(
                         "the package does not say who made it; write the author into the manifest")
                   : fmt::format("the package does not say who made it; it is {}", name));
  }
  if (!name.empty()) draft.manifest["author"] = name;
}

void set_license(ConnectorDraft& draft, const Json& license) {
  const std::string text = license_text(license);
  if (text.empty()) {
    draft.note("license", fmt::format("the package names no license; it is {}", kNoLicense));
    return;
  }
  if (text == "UNLICENSED") {  // npm's word, which has the form of an id of SPDX
    draft.manifest["license"] = "LicenseRef-UNLICENSED";
    draft.note("license", "its maker says UNLICENSED: nobody else may use it without an agreement");
    return;
  }
  if (is_spdx_expression(text)) {
    draft.manifest["license"] = text;
    return;
  }
  const std::string ref = license_ref(text);
  draft.manifest["license"] = ref;
  draft.note("license", fmt::format("\"{}\" is no SPDX expression; it is {}",
                                    fitting_text(text, kMaxShownText), ref));
}

void set_keywords(ConnectorDraft& draft, const Json& words) {
  if (!words.is_array()) return;
  Json kept = Json::array();
  for (const Json& word : words) {
    if (kept.size() == ManifestLimits::kKeywords) break;
    if (!word.is_string()) continue;
    const std::string& text = word.get_ref<const std::string&>();
    const std::string fitting = fitting_text(text, ManifestLimits::kKeyword);
    if (!fitting.empty() && fitting == text) kept.push_back(fitting);
  }
  if (!kept.empty()) draft.manifest["keywords"] = std::move(kept);
}

void set_link(ConnectorDraft& draft, const char* field, const Json& link) {
  const std::string text = link.is_string()   ? link.get<std::string>()
                           : link.is_object() ? text_member(link, "url").value_or("")
                                              : std::string();
  if (text.empty()) return;
  const bool is_repository = std::string_view(field) == "repository";
  const std::string url = web_link(is_repository ? repository_link(text) : text);
  if (url.empty() || count_code_points(url) > ManifestLimits::kUrl || has_control_characters(url)) {
    draft.note(field, fmt::format("\"{}\" is no web address, and is left out",
                                  fitting_text(text, kMaxShownText)));
    return;
  }
  draft.manifest[field] = url;
}

void set_entrypoint(ConnectorDraft& draft, const EntryPaths& paths, const PackageFiles& files) {
  for (const auto* some : {&paths.named, &paths.usual}) {
    for (const std::string& path : *some) {
      if (auto file = file_named(path, files)) {
        draft.manifest["entrypoint"] = std::move(*file);
        return;
      }
    }
  }
  draft.manifest["entrypoint"] = paths.otherwise;
  const std::vector<std::string> missing = each_once(paths.named);
  draft.note("entrypoint",
             missing.empty()
                 ? fmt::format("the package names no file to start; it is {}", paths.otherwise)
                 : fmt::format("the package names {} to start, and has no such file; it is {}",
                               list_some(missing), paths.otherwise));
}

void set_tools(ConnectorDraft& draft, const Json& tools) {
  Json kept = Json::array();
  std::size_t given = 0;
  if (tools.is_array()) {
    given = tools.size();
    std::set<std::string> names;
    for (const Json& tool : tools) {
      if (kept.size() == ManifestLimits::kTools) break;
      std::string name = fitting_member(tool, "name", ManifestLimits::kToolName);
      if (name.empty() || !names.insert(name).second) continue;
      kept.push_back(tool_of(std::move(name),
                             fitting_member(tool, "description", ManifestLimits::kDescription)));
    }
  }
  if (kept.empty()) {
    kept.push_back(tool_of("all", "Everything that it does"));
    draft.note("tools",
               "the package does not list its tools; one, \"all\" of class DESTRUCTIVE, "
               "stands for them: list them");
  } else {
    draft.note("tools",
               "the package does not say what its tools may do; each is DESTRUCTIVE: give "
               "them their classes");
    if (kept.size() < given) {
      draft.note("tools",
                 fmt::format("{} of its {} tools are left out", given - kept.size(), given));
    }
  }
  draft.manifest["tools"] = std::move(kept);
}

Status adopt_manifest(ConnectorDraft& draft, Json own) {
  if (!own.is_object()) {
    return Error(ErrorCode::manifest_invalid, fmt::format("{} is no object", kManifestName));
  }
  const Json made = std::exchange(draft.manifest, std::move(own));
  draft.own_manifest = true;
  std::erase_if(draft.notes, [](const ImportNote& n) {
    return n.about != "scripts" && n.about != "dependencies";
  });
  draft.note("manifest", fmt::format("the package brings a {}, which is kept", kManifestName));
  note_classes(draft);
  for (const char* field : {"author", "version"}) {
    const std::string said = fitting_member(draft.manifest, field, kMaxShownText);
    const std::string is = fitting_member(made, field, kMaxShownText);
    if (said.empty() || said == is) continue;
    draft.note(field,
               fmt::format("the manifest that it brings says {}, the package itself {}", said, is));
  }
  return {};
}

}  // namespace mkt
