#include "cli/import/mcp_bundle.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "common/connector/mcp_declaration.h"

namespace mkt {
namespace {

constexpr const char* kBundleFile = "manifest.json";
constexpr std::string_view kFolderPrefix = "${__dirname}/";
constexpr std::string_view kConfigPrefix = "${user_config.";
constexpr std::size_t kMaxHint = 128;    // characters, of McpDeclaration's names
constexpr std::size_t kMaxAbout = 1024;  // and of its texts

const Json& bundle_member(const Json& object, const std::string& name) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto it = object.find(name);
  return it == object.end() ? kNothing : *it;
}

std::string without_folder(std::string_view text) {
  std::string rest;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t found = std::min(text.find(kFolderPrefix, at), text.size());
    rest += text.substr(at, found - at);
    at = found + kFolderPrefix.size();
  }
  return rest;
}

// KEY, where the text is "${user_config.KEY}" and nothing else; else empty.
std::string asked_for(std::string_view text) {
  if (!text.starts_with(kConfigPrefix) || !text.ends_with('}')) return {};
  text.remove_prefix(kConfigPrefix.size());
  text.remove_suffix(1);
  return text.find('}') == std::string_view::npos ? std::string(text) : std::string();
}

class BundleServer {
 public:
  BundleServer(const Json& bundle, ConnectorDraft& draft)
      : server_(bundle_member(bundle, "server")),
        config_(bundle_member(bundle, "user_config")),
        draft_(draft) {}

  void declare() {
    Json mcp{{"transport", "stdio"}};
    const Json& run = bundle_member(server_, "mcp_config");
    if (const std::string runtime = runtime_of(run); !runtime.empty()) mcp["runtimeHint"] = runtime;
    Json arguments = arguments_of(run);
    if (!arguments.empty()) mcp["arguments"] = std::move(arguments);
    Json environment = environment_of(run);
    if (!environment.empty()) mcp["environment"] = std::move(environment);
    if (const auto wrong = check_mcp(mcp); !wrong.empty()) {
      draft_.note("mcp", fmt::format("how the server is started is left out: {} {}",
                                     wrong.front().path, wrong.front().message));
      return;
    }
    draft_.manifest["mcp"] = std::move(mcp);
    note_placeholders();
    if (const Json& single = bundle_member(run, "platform_overrides");
        single.is_object() && !single.empty()) {
      draft_.note("mcp", "what is said for single systems (platform_overrides) is left out");
    }
  }

 private:
  // The program that runs the server; empty where the server is one itself.
  std::string runtime_of(const Json& run) const {
    const std::string command =
        text_member(run.is_object() ? run : Json::object(), "command").value_or("");
    const std::string type = text_member(server_, "type").value_or("");
    if (type == "binary" || command.find('/') != std::string::npos || command.starts_with("${")) {
      return {};
    }
    if (!command.empty()) return fitting_text(command, kMaxHint);
    return type == "node" || type == "python" || type == "uv" ? type : std::string();
  }

  Json arguments_of(const Json& run) {
    Json arguments = Json::array();
    const Json& given = bundle_member(run, "args");
    if (!given.is_array()) {
      const std::string type = text_member(server_, "type").value_or("");
      if (type != "binary") {
        arguments.push_back({{"type", "positional"}, {"value", draft_.manifest["entrypoint"]}});
      }
      return arguments;
    }
    for (const Json& argument : given) {
      if (argument.is_string()) arguments.push_back(argument_of(argument.get<std::string>()));
    }
    return arguments;
  }

  // "--team=${user_config.team}" has a name, "${user_config.team}" alone is a hint.
  Json argument_of(std::string text) {
    text = without_folder(text);
    const std::size_t equals = text.find('=');
    if (text.starts_with('-') && equals != std::string::npos) {
      const std::string key = asked_for(std::string_view(text).substr(equals + 1));
      if (!key.empty()) {
        Json named{{"type", "named"}, {"name", text.substr(0, equals)}};
        describe(key, named);
        return named;
      }
    }
    if (const std::string key = asked_for(text); !key.empty()) {
      Json hinted{{"type", "positional"}, {"valueHint", key}};
      describe(key, hinted);
      if (bundle_member(bundle_member(config_, key), "multiple") == true) {
        hinted["isRepeated"] = true;
      }
      return hinted;
    }
    remember_placeholder(text);
    return Json{{"type", "positional"}, {"value", text}};
  }

  Json environment_of(const Json& run) {
    Json environment = Json::array();
    const Json& given = bundle_member(run, "env");
    if (!given.is_object()) return environment;
    for (const auto& [name, value] : given.items()) {
      if (!value.is_string()) continue;
      Json variable{{"name", name}};
      const std::string text = without_folder(value.get<std::string>());
      if (const std::string key = asked_for(text); !key.empty()) {
        describe(key, variable);
      } else {
        remember_placeholder(text);
        variable["value"] = text;
      }
      environment.push_back(std::move(variable));
    }
    return environment;
  }

  // Adds what user_config says about the key.
  void describe(const std::string& key, Json& input) const {
    const Json& option = bundle_member(config_, key);
    std::string about = fitting_member(option, "description", kMaxAbout);
    if (about.empty()) about = fitting_member(option, "title", kMaxAbout);
    if (!about.empty()) input["description"] = about;
    const std::string type = fitting_member(option, "type", kMaxHint);
    if (type == "number" || type == "boolean" || type == "string") input["format"] = type;
    if (type == "directory" || type == "file") input["format"] = "filepath";
    if (bundle_member(option, "required") == true) input["isRequired"] = true;
    if (bundle_member(option, "sensitive") == true) input["isSecret"] = true;
    const Json& otherwise = bundle_member(option, "default");
    const bool has_default =
        otherwise.is_string() || otherwise.is_number() || otherwise.is_boolean();
    if (!has_default) return;
    const std::string text =
        otherwise.is_string() ? otherwise.get<std::string>() : dump_json(otherwise);
    if (text.find("${") == std::string::npos) input["default"] = fitting_text(text, kMaxAbout);
  }

  void remember_placeholder(const std::string& text) {
    if (text.find("${") != std::string::npos) placeholders_.push_back(text);
  }

  void note_placeholders() {
    if (placeholders_.empty()) return;
    draft_.note("mcp",
                fmt::format("nobody fills in the placeholders of: {}", list_some(placeholders_)));
  }

  const Json& server_;
  const Json& config_;
  ConnectorDraft& draft_;
  std::vector<std::string> placeholders_;
};

// What a bundle says beside its server, which nothing here reads.
void note_rest(ConnectorDraft& draft, const Json& bundle) {
  std::vector<std::string> rest;
  for (const char* name : {"prompts", "localization", "privacy_policies"}) {
    if (!bundle_member(bundle, name).empty()) rest.emplace_back(name);
  }
  if (bundle_member(bundle, "tools_generated") == true) {
    draft.note("tools", "the server makes more tools when it runs, which the bundle does not list");
  }
  const Json& platforms = bundle_member(bundle_member(bundle, "compatibility"), "platforms");
  if (platforms.is_array() && !platforms.empty()) {
    std::vector<std::string> names;
    for (const Json& name : platforms) {
      if (name.is_string()) names.push_back(name.get<std::string>());
    }
    draft.note("compatibility",
               fmt::format("it runs on {}; a connector cannot say so", list_some(names)));
  }
  if (!rest.empty()) {
    draft.note("bundle", fmt::format("a connector has no place for {}; manifest.json keeps it",
                                     list_some(rest)));
  }
}

}  // namespace

Result<ConnectorDraft> draft_of_mcp_bundle(const Json& bundle, const PackageFiles& files) {
  const std::string name = bundle.is_object() ? text_member(bundle, "name").value_or("") : "";
  const std::string version = bundle.is_object() ? text_member(bundle, "version").value_or("") : "";
  const Json& server = bundle_member(bundle, "server");
  if (name.empty() || version.empty() || !server.is_object()) {
    return Error(
        ErrorCode::invalid_input,
        "manifest.json is not that of an MCP bundle: its name, version or server is missing");
  }
  ConnectorDraft draft = start_draft(name, version);
  set_display_name(draft, name);
  set_display_name(draft, text_member(bundle, "display_name").value_or(""));
  set_description(draft, text_member(bundle, "description").value_or(""));
  set_author(draft, bundle_member(bundle, "author"), "");
  set_license(draft, bundle_member(bundle, "license"));
  set_link(draft, "repository", bundle_member(bundle, "repository"));
  set_link(draft, "homepage", bundle_member(bundle, "homepage"));
  set_keywords(draft, bundle_member(bundle, "keywords"));
  set_entrypoint(draft,
                 {.named = {without_folder(text_member(server, "entry_point").value_or(""))},
                  .otherwise = kBundleFile},
                 files);
  set_tools(draft, bundle_member(bundle, "tools"));
  BundleServer(bundle, draft).declare();
  note_rest(draft, bundle);
  return draft;
}

}  // namespace mkt
