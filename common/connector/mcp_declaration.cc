#include "common/connector/mcp_declaration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "common/base/encoding.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

// Ours, but where the schema names one: it has a bound for `version` only.
constexpr std::size_t kMaxInputs = 64;
constexpr std::size_t kMaxChoices = 64;
constexpr std::size_t kMaxInputName = 128;
constexpr std::size_t kMaxInputText = 1024;
constexpr std::size_t kMaxPackageText = 512;
constexpr std::size_t kMaxPackageVersion = 255;
constexpr std::size_t kSha256Bytes = 32;

constexpr auto kRemoteTypes = std::to_array<std::string_view>({"streamable-http", "sse"});
constexpr auto kFormats =
    std::to_array<std::string_view>({"string", "number", "boolean", "filepath"});
// The members of an argument, a header and a variable that server.json knows.
constexpr auto kInputTexts =
    std::to_array<const char*>({"description", "value", "default", "placeholder"});
constexpr auto kInputFlags = std::to_array<const char*>({"isRequired", "isSecret", "isRepeated"});
constexpr auto kInputMembers = std::to_array<const char*>(
    {"type", "name", "valueHint", "description", "value", "default", "placeholder", "format",
     "isRequired", "isSecret", "isRepeated", "choices"});
constexpr auto kPackageMembers = std::to_array<const char*>(
    {"registryType", "registryBaseUrl", "identifier", "version", "fileSha256"});

template <typename Words>
bool is_one_of(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

const Json* find_member(const Json& object, const char* name) {
  const auto it = object.find(name);
  return it == object.end() ? nullptr : &*it;
}

// The schema's pattern, with the bound of a manifest's other URLs.
bool is_address(std::string_view text) {
  const bool web = text.starts_with("https://") || text.starts_with("http://");
  return web && text.size() > text.find("//") + 2 && text.size() <= 2048 &&
         text.find_first_of(" \t\r\n\f\v\"<>\\^`") == std::string_view::npos;
}

// "^1.2", "1.x", ">=1" and "latest" are not versions of a package.
bool is_exact_version(std::string_view text) {
  return text != "latest" && text.find_first_of("^~<>=*| ") == std::string_view::npos &&
         !text.ends_with(".x") && !text.ends_with(".X");
}

class McpCheck {
 public:
  std::vector<ErrorDetail> run(const Json& mcp) {
    if (!mcp.is_object()) {
      add("mcp", "must be an object with transport");
      return std::move(findings_);
    }
    if (const std::size_t bytes = dump_json(mcp).size(); bytes > kMaxMcpBytes) {
      add("mcp", fmt::format("has {} bytes; at most {} are allowed", bytes, kMaxMcpBytes));
      return std::move(findings_);
    }
    check_transport(mcp);
    check_package(mcp);
    text(mcp, "mcp", "runtimeHint", kMaxInputName);
    check_inputs(mcp, "mcp", "arguments", Kind::argument);
    check_inputs(mcp, "mcp", "environment", Kind::variable);
    return std::move(findings_);
  }

 private:
  enum class Kind { argument, variable };

  void add(std::string path, std::string message) {
    findings_.push_back({std::move(path), std::move(message)});
  }

  // The member's text, or "" where it is absent or wrong.
  std::string text(const Json& object, const std::string& path, const char* name, std::size_t most,
                   bool required = false) {
    const std::string where = path + "." + name;
    const Json* value = find_member(object, name);
    if (value == nullptr) {
      if (required) add(where, "is missing");
      return {};
    }
    if (!value->is_string()) {
      add(where, fmt::format("must be a string, not {}", value->type_name()));
      return {};
    }
    const auto& word = value->get_ref<const std::string&>();
    if (required && word.empty()) add(where, "must not be empty");
    if (const std::size_t length = count_code_points(word); length > most) {
      add(where, fmt::format("has {} characters; at most {} are allowed", length, most));
      return {};
    }
    if (has_control_characters(word)) {
      add(where, "must not contain control characters");
      return {};
    }
    return word;
  }

  void check_transport(const Json& mcp) {
    const Json* transport = find_member(mcp, "transport");
    const std::string path = "mcp.transport";
    if (transport == nullptr) return add(path, "is missing");
    if (*transport == "stdio") return;
    if (!transport->is_object()) {
      return add(path, "must be \"stdio\" or an object with type and url");
    }
    const std::string type = text(*transport, path, "type", kMaxInputName, true);
    if (type.empty() || type == "stdio") return;
    if (!is_one_of(kRemoteTypes, type)) {
      return add(path + ".type", "must be stdio, streamable-http or sse");
    }
    const std::string url = text(*transport, path, "url", kMaxPackageText * 4, true);
    if (!url.empty() && !is_address(url)) {
      add(path + ".url", "must be an http:// or https:// URL");
    }
    check_inputs(*transport, path, "headers", Kind::variable);
  }

  void check_package(const Json& mcp) {
    const Json* package = find_member(mcp, "package");
    if (package == nullptr) return;
    const std::string path = "mcp.package";
    if (!package->is_object()) {
      return add(path, "must be an object with registryType and identifier");
    }
    const std::string type = text(*package, path, "registryType", kMaxInputName, true);
    text(*package, path, "identifier", kMaxPackageText, true);
    const std::string version = text(*package, path, "version", kMaxPackageVersion);
    if (package->contains("version") && (version.empty() || !is_exact_version(version))) {
      add(path + ".version", "must be one exact version, not a range and not latest");
    }
    const std::string base = text(*package, path, "registryBaseUrl", kMaxPackageText);
    if (!base.empty() && !is_address(base)) {
      add(path + ".registryBaseUrl", "must be an http:// or https:// URL");
    }
    const std::string sum = text(*package, path, "fileSha256", kMaxPackageText);
    const auto bytes = from_hex(sum);
    const bool is_sum = bytes && bytes->size() == kSha256Bytes;
    if (package->contains("fileSha256") && !is_sum) {
      add(path + ".fileSha256", "must be 64 lower-case hex digits");
    } else if (type == "mcpb" && !is_sum) {
      add(path + ".fileSha256", "is missing: an mcpb package needs its SHA-256");
    }
  }

  void check_inputs(const Json& object, const std::string& parent, const char* name, Kind kind) {
    const Json* inputs = find_member(object, name);
    if (inputs == nullptr) return;
    const std::string path = parent + "." + name;
    if (!inputs->is_array()) return add(path, "must be a list");
    if (inputs->size() > kMaxInputs) {
      return add(
          path, fmt::format("has {} elements; at most {} are allowed", inputs->size(), kMaxInputs));
    }
    for (std::size_t i = 0; i < inputs->size(); ++i) {
      check_input((*inputs)[i], fmt::format("{}[{}]", path, i), kind);
    }
  }

  void check_input(const Json& input, const std::string& path, Kind kind) {
    if (!input.is_object()) return add(path, "must be an object");
    bool needs_name = kind == Kind::variable;
    if (kind == Kind::argument) {
      const std::string type = text(input, path, "type", kMaxInputName, true);
      needs_name = type == "named";
      if (type == "positional") {
        if (!input.contains("value") && !input.contains("valueHint")) {
          add(path, "must have value or valueHint");
        }
      } else if (!type.empty() && !needs_name) {
        add(path + ".type", "must be positional or named");
      }
    }
    text(input, path, "name", kMaxInputName, needs_name);
    text(input, path, "valueHint", kMaxInputName);
    for (const char* member : kInputTexts) text(input, path, member, kMaxInputText);
    for (const char* member : kInputFlags) {
      const Json* flag = find_member(input, member);
      if (flag != nullptr && !flag->is_boolean()) {
        add(path + "." + member, "must be true or false");
      }
    }
    const std::string format = text(input, path, "format", kMaxInputName);
    if (input.contains("format") && !is_one_of(kFormats, format)) {
      add(path + ".format", "must be string, number, boolean or filepath");
    }
    check_choices(input, path + ".choices");
  }

  void check_choices(const Json& input, const std::string& path) {
    const Json* choices = find_member(input, "choices");
    if (choices == nullptr) return;
    if (!choices->is_array() || choices->size() > kMaxChoices) {
      return add(path, fmt::format("must be a list of at most {} strings", kMaxChoices));
    }
    for (const Json& choice : *choices) {
      if (!choice.is_string()) return add(path, "must be a list of strings");
    }
  }

  std::vector<ErrorDetail> findings_;
};

template <typename Members>
Json only(const Json& object, const Members& members) {
  Json kept = Json::object();
  for (const char* name : members) {
    if (const Json* value = find_member(object, name)) kept[name] = *value;
  }
  return kept;
}

// Visual Studio Code asks the user for a value where it finds a description or a default. Without
// them a header or a variable is empty for it, and the hint of a positional argument is the value.
// So what somebody must give has a description: its name.
void describe_what_is_asked(Json& input) {
  for (const char* name : {"value", "description", "default"}) {
    if (input.contains(name)) return;
  }
  const auto type = input.find("type");
  if (type != input.end() && *type == "named") return;  // perhaps a flag, which has no value
  const bool is_positional = type != input.end();
  if (!is_positional && !input.value("isRequired", false)) return;
  if (const Json* name = find_member(input, is_positional ? "valueHint" : "name")) {
    input["description"] = *name;
  }
}

Json inputs_of(const Json& object, const char* name) {
  Json inputs = Json::array();
  const Json* given = find_member(object, name);
  if (given == nullptr) return inputs;
  for (const Json& input : *given) {
    describe_what_is_asked(inputs.emplace_back(only(input, kInputMembers)));
  }
  return inputs;
}

}  // namespace

std::vector<ErrorDetail> check_mcp(const Json& mcp) { return McpCheck().run(mcp); }

Json mcp_transport(const Json& mcp) {
  const Json& given = mcp["transport"];
  if (!given.is_object() || given["type"] == "stdio") return {{"type", "stdio"}};
  Json transport{{"type", given["type"]}, {"url", given["url"]}};
  if (Json headers = inputs_of(given, "headers"); !headers.empty()) {
    transport["headers"] = std::move(headers);
  }
  return transport;
}

Json mcp_package(const Json& mcp) {
  const Json* package = find_member(mcp, "package");
  return package == nullptr ? Json() : only(*package, kPackageMembers);
}

Json mcp_arguments(const Json& mcp) { return inputs_of(mcp, "arguments"); }
Json mcp_environment(const Json& mcp) { return inputs_of(mcp, "environment"); }

bool is_mcp_remote(const Json& mcp) {
  return !mcp.contains("package") && mcp_transport(mcp)["type"] != "stdio";
}

}  // namespace mkt
