#include "cli/import/package_json.h"

#include <fmt/format.h>

#include <array>

#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr const char* kPackageFile = "package.json";
// What npm runs when it installs a package.
constexpr auto kInstallScripts =
    std::to_array<const char*>({"preinstall", "install", "postinstall"});
constexpr std::size_t kMaxPackageName = 256;  // npm allows 214

const Json& json_member(const Json& object, const char* name) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto it = object.find(name);
  return it == object.end() ? kNothing : *it;
}

// "acme" of "@acme/tickets"
std::string scope_of(const std::string& name) {
  const std::size_t slash = name.find('/');
  return name.starts_with('@') && slash != std::string::npos ? name.substr(1, slash - 1) : "";
}

void add_path(std::vector<std::string>& paths, const Json& value) {
  if (value.is_string()) paths.push_back(value.get<std::string>());
}

// The file of `exports`: of its "." where it has paths, of the conditions those that Node.js has.
void add_exports(std::vector<std::string>& paths, const Json& exports, int depth = 0) {
  constexpr int kMaxDepth = 4;
  add_path(paths, exports);
  if (!exports.is_object() || depth == kMaxDepth) return;
  for (const char* name : {".", "node", "import", "require", "default"}) {
    add_exports(paths, json_member(exports, name), depth + 1);
  }
}

// What Node.js would load; where there is nothing to load, the program to run.
std::vector<std::string> entry_paths(const Json& package, const std::string& name) {
  std::vector<std::string> paths;
  add_exports(paths, json_member(package, "exports"));
  add_path(paths, json_member(package, "main"));
  const Json& programs = json_member(package, "bin");
  add_path(paths, programs);
  if (programs.is_object()) {
    add_path(paths, json_member(programs, name.substr(name.rfind('/') + 1).c_str()));
    for (const auto& [program, path] : programs.items()) add_path(paths, path);
  }
  return paths;
}

// The file that runs the server, which is a program and no module.
std::vector<std::string> program_paths(const Json& package, const std::string& name) {
  std::vector<std::string> paths;
  const Json& programs = json_member(package, "bin");
  add_path(paths, programs);
  add_path(paths, json_member(programs, name.substr(name.rfind('/') + 1).c_str()));
  if (programs.is_object()) {
    for (const auto& [program, path] : programs.items()) add_path(paths, path);
  }
  for (std::string& path : entry_paths(package, name)) paths.push_back(std::move(path));
  return paths;
}

void note_scripts(ConnectorDraft& draft, const Json& package, const PackageFiles& files) {
  const Json& scripts = json_member(package, "scripts");
  std::vector<std::string> names;
  for (const char* name : kInstallScripts) {
    if (json_member(scripts, name).is_string()) names.emplace_back(name);
  }
  // npm itself builds a package that brings this file and no script for it.
  if (files.contains("binding.gyp") && !json_member(scripts, "install").is_string()) {
    names.emplace_back("install (of binding.gyp)");
  }
  if (names.empty()) return;
  draft.note("scripts", fmt::format("npm runs {} when it installs the package; mkt runs no scripts",
                                    list_some(names)));
}

void note_dependencies(ConnectorDraft& draft, const Json& package, const PackageFiles& files) {
  std::vector<std::string> missing;
  for (const char* kind : {"dependencies", "optionalDependencies", "peerDependencies"}) {
    const Json& wanted = json_member(package, kind);
    if (!wanted.is_object()) continue;
    for (const auto& [name, range] : wanted.items()) {
      if (files.contains(fmt::format("node_modules/{}/package.json", name))) continue;
      const bool known = range.is_string();
      missing.push_back(known ? fmt::format("{}@{}", name, range.get<std::string>()) : name);
    }
  }
  if (missing.empty()) return;
  draft.note("dependencies",
             fmt::format("it needs packages of npm that it does not bring: {}; npm install "
                         "--omit=dev in the folder puts them there, and mkt pack packs them",
                         list_some(missing)));
}

Result<ConnectorDraft> start_package(const Json& package, const std::string& name) {
  if (name.empty() || count_code_points(name) > kMaxPackageName) {
    return Error(ErrorCode::invalid_input, "package.json names no package");
  }
  const auto version = text_member(package, "version");
  if (!version || version->empty()) {
    return Error(ErrorCode::invalid_input, "package.json has no version");
  }
  return start_draft(name, *version);
}

// "%displayName%" stands for a text of package.nls.json: a text itself, or an object with message.
std::string looked_up(const Json& package, const char* field, const Json& texts) {
  std::string text = text_member(package, field).value_or("");
  if (text.size() < 3 || text.front() != '%' || text.back() != '%') return text;
  const Json& found = json_member(texts, text.substr(1, text.size() - 2).c_str());
  if (found.is_string()) return found.get<std::string>();
  return found.is_object() ? text_member(found, "message").value_or("") : std::string();
}

}  // namespace

Result<ConnectorDraft> draft_of_npm_package(const Json& package, const PackageFiles& files) {
  if (!package.is_object()) return Error(ErrorCode::invalid_input, "package.json is no object");
  const std::string name = text_member(package, "name").value_or("");
  MKT_TRY(ConnectorDraft draft, start_package(package, name));
  set_display_name(draft, name);
  set_description(draft, text_member(package, "description").value_or(""));
  set_author(draft, json_member(package, "author"), scope_of(name));
  const Json& licenses = json_member(package, "licenses");
  set_license(draft, licenses.is_array() ? licenses : json_member(package, "license"));
  set_link(draft, "repository", json_member(package, "repository"));
  set_link(draft, "homepage", json_member(package, "homepage"));
  set_keywords(draft, json_member(package, "keywords"));
  const bool is_server = json_member(package, "mcpName").is_string();
  set_entrypoint(draft,
                 {.named = is_server ? program_paths(package, name) : entry_paths(package, name),
                  .usual = {"index.js"},
                  .otherwise = kPackageFile},
                 files);
  set_tools(draft, Json());
  if (is_server) {
    draft.manifest["mcp"] = {
        {"transport", "stdio"},
        {"runtimeHint", "node"},
        {"arguments",
         Json::array({Json{{"type", "positional"}, {"value", draft.manifest["entrypoint"]}}})}};
  }
  note_scripts(draft, package, files);
  note_dependencies(draft, package, files);
  return draft;
}

Result<ConnectorDraft> draft_of_vscode_extension(const Json& package, const Json& texts,
                                                 const PackageFiles& files) {
  if (!package.is_object()) return Error(ErrorCode::invalid_input, "package.json is no object");
  const std::string publisher = text_member(package, "publisher").value_or("");
  const std::string own_name = text_member(package, "name").value_or("");
  MKT_TRY(ConnectorDraft draft,
          start_package(package, publisher.empty() || own_name.empty()
                                     ? own_name
                                     : fmt::format("{}.{}", publisher, own_name)));
  set_display_name(draft, own_name);
  set_display_name(draft, looked_up(package, "displayName", texts));
  set_description(draft, looked_up(package, "description", texts));
  set_author(draft, json_member(package, "author"), publisher);
  set_license(draft, json_member(package, "license"));
  set_link(draft, "repository", json_member(package, "repository"));
  set_link(draft, "homepage", json_member(package, "homepage"));
  set_keywords(draft, json_member(package, "keywords"));
  std::vector<std::string> paths;
  add_path(paths, json_member(package, "main"));
  add_path(paths, json_member(package, "browser"));
  set_entrypoint(draft, {.named = std::move(paths), .otherwise = kPackageFile}, files);
  set_tools(draft, Json());
  const Json& contributes = json_member(package, "contributes");
  if (contributes.is_object() && !contributes.empty()) {
    std::vector<std::string> points;
    for (const auto& [point, what] : contributes.items()) points.push_back(point);
    draft.note("contributes",
               fmt::format("only VS Code knows what to do with: {}", list_some(points)));
  }
  if (const Json& needed = json_member(package, "extensionDependencies");
      needed.is_array() && !needed.empty()) {
    std::vector<std::string> names;
    for (const Json& name : needed) add_path(names, name);
    draft.note(
        "dependencies",
        fmt::format("it needs extensions of VS Code that it does not bring: {}", list_some(names)));
  }
  return draft;
}

}  // namespace mkt
