// Reads and checks a manifest field by field.
#include "common/connector/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/url.h"
#include "common/base/utf8.h"
#include "common/connector/entry_path.h"
#include "common/connector/manifest_limits.h"
#include "common/connector/mcp_declaration.h"
#include "common/connector/origin.h"
#include "common/connector/spdx.h"

namespace mkt {
namespace {

constexpr auto kPolicyClasses = std::to_array<std::pair<std::string_view, PolicyClass>>({
    {"READ", PolicyClass::read},
    {"WRITE_NON_DESTRUCTIVE", PolicyClass::write_non_destructive},
    {"DESTRUCTIVE", PolicyClass::destructive},
});

Error manifest_invalid(std::vector<ErrorDetail> findings) {
  const std::string message =
      findings.size() == 1
          ? fmt::format("the manifest is not valid: {}: {}", findings[0].path, findings[0].message)
          : fmt::format("the manifest is not valid in {} places, first {}: {}", findings.size(),
                        findings[0].path, findings[0].message);
  return Error(ErrorCode::manifest_invalid, message, std::move(findings));
}

}  // namespace

std::optional<PolicyClass> parse_policy_class(std::string_view text) {
  for (const auto& [name, value] : kPolicyClasses) {
    if (name == text) return value;
  }
  return std::nullopt;
}

std::string_view policy_class_name(PolicyClass policy_class) {
  return kPolicyClasses[static_cast<std::size_t>(policy_class)].first;
}

const std::vector<std::string_view>& known_capabilities() {
  static const std::vector<std::string_view> words = {
      "vcs",      "ci-cd", "issue-tracking", "data-integration", "messaging", "monitoring", "cloud",
      "database", "auth",  "custom"};
  return words;
}

// Collects findings while reading. A field that cannot be read gives a finding and a placeholder.
class ManifestReader {
 public:
  // With `older`, a missing requirement of today's protocol is a shortcoming, not a finding.
  explicit ManifestReader(Json json, bool older) : json_(std::move(json)), older_(older) {}

  Result<Manifest> read() {
    if (!json_.is_object()) {
      return Error(ErrorCode::manifest_invalid, "the manifest must be a JSON object");
    }
    const std::string manifest_version = text("manifestVersion", Needed::today, 16);
    if (!manifest_version.empty() && manifest_version != "1.0") {
      add_newer("manifestVersion", "must be \"1.0\"");
    }
    const auto id = parsed<ConnectorId>("id", kMaxNameLength);
    const auto version = parsed<Version>("version", 128);
    // Placeholders are used until the findings are returned.
    Manifest m(id ? *id : *ConnectorId::parse("x"), version ? *version : *Version::parse("0.0.0"));
    m.display_name_ = text("displayName", Needed::always, ManifestLimits::kDisplayName);
    m.description_ = text("description", Needed::never, ManifestLimits::kDescription, true);
    m.author_ = text("author", Needed::today, ManifestLimits::kAuthor);
    m.license_ = text("license", Needed::today, ManifestLimits::kLicense);
    if (!m.license_.empty() && !is_spdx_expression(m.license_)) {
      add_newer("license",
                "must be an SPDX license expression such as \"Apache-2.0\" or "
                "\"MIT OR LicenseRef-Acme\"");
    }
    m.entrypoint_ = text("entrypoint", Needed::today, kMaxEntryPathBytes);
    if (!m.entrypoint_.empty()) {
      if (Status ok = check_entry_path(m.entrypoint_); !ok) add("entrypoint", ok.error().message);
    }
    read_tools(m);
    read_capabilities(m);
    read_keywords(m);
    read_dependencies(m);
    if (const std::string sum = text("checksum", Needed::never, 80); !sum.empty()) {
      const auto checksum = Checksum::parse(sum);
      if (checksum && sum.starts_with("sha256:")) {
        m.entrypoint_checksum_ = *checksum;
      } else {
        add("checksum", "must be sha256: and 64 lower-case hex digits");
      }
    }
    if (const std::string core = text("minCoreVersion", Needed::never, 128); !core.empty()) {
      if (auto v = Version::parse(core); !v) add("minCoreVersion", v.error().message);
    }
    read_url("repository");
    read_url("homepage");
    text("changelog", Needed::never, ManifestLimits::kNotes, true);
    text("releaseNotes", Needed::never, ManifestLimits::kNotes, true);
    if (const Json* mcp = member("mcp")) {
      for (ErrorDetail& d : check_mcp(*mcp)) add_newer(std::move(d.path), std::move(d.message));
    }
    if (const Json* origin = member("origin")) {
      for (ErrorDetail& d : check_origin(*origin)) {
        add_newer(std::move(d.path), std::move(d.message));
      }
    }
    m.prerelease_ = m.version_.is_prerelease() || flag("prerelease");
    if (!findings_.empty()) return manifest_invalid(std::move(findings_));
    m.shortcomings_ = std::move(shortcomings_);
    m.json_ = std::move(json_);
    return m;
  }

 private:
  void add(std::string path, std::string message) {
    findings_.push_back({std::move(path), std::move(message)});
  }

  // Adds a finding about something that only today's registries require.
  void add_newer(std::string path, std::string message) {
    auto& list = older_ ? shortcomings_ : findings_;
    list.push_back({std::move(path), std::move(message)});
  }

  const Json* member(const char* name) const {
    const auto it = json_.find(name);
    return it == json_.end() ? nullptr : &*it;
  }

  // The text at `path`, or "" after a finding. A multi-line text may contain tabs and newlines.
  std::string checked_text(const Json& value, const std::string& path, std::size_t limit,
                           bool multi_line) {
    if (!value.is_string()) {
      add(path, fmt::format("must be a string, not {}", value.type_name()));
      return {};
    }
    std::string s = value.get<std::string>();
    const std::size_t length = count_code_points(s);
    if (length > limit) {
      add(path, fmt::format("has {} characters; at most {} are allowed", length, limit));
      return {};
    }
    std::string shown = s;
    if (multi_line) {
      std::erase_if(shown, [](char c) { return c == '\n' || c == '\r' || c == '\t'; });
    }
    if (has_control_characters(shown)) {
      add(path, "must not contain control characters");
      return {};
    }
    return s;
  }

  enum class Needed { never, today, always };

  void require(Needed needed, const char* name, const char* what) {
    if (needed == Needed::always) add(name, what);
    if (needed == Needed::today) add_newer(name, what);
  }

  std::string text(const char* name, Needed needed, std::size_t limit, bool multi_line = false) {
    const Json* value = member(name);
    if (value == nullptr) {
      require(needed, name, "is missing");
      return {};
    }
    if (value->is_string() && value->get_ref<const std::string&>().empty()) {
      require(needed, name, "must not be empty");
      return {};
    }
    return checked_text(*value, name, limit, multi_line);
  }

  template <typename T>
  std::optional<T> parsed(const char* name, std::size_t limit) {
    const std::string s = text(name, Needed::always, limit);
    if (s.empty()) return std::nullopt;
    auto value = T::parse(s);
    if (value) return std::move(*value);
    add(name, value.error().message);
    return std::nullopt;
  }

  bool flag(const char* name) {
    const Json* value = member(name);
    if (value == nullptr) return false;
    if (value->is_boolean()) return value->get<bool>();
    add(name, "must be true or false");
    return false;
  }

  // The array `name` after a check of its length; nullptr where it is absent or wrong.
  const Json* list(const char* name, Needed needed, std::size_t most) {
    const Json* value = member(name);
    if (value == nullptr) {
      require(needed, name, "is missing");
      return nullptr;
    }
    if (!value->is_array()) {
      add(name, "must be a list");
      return nullptr;
    }
    const bool too_few = needed != Needed::never && value->empty();
    if (too_few || value->size() > most) {
      const std::string what = fmt::format("has {} elements; {} to {} are allowed", value->size(),
                                           needed == Needed::never ? 0 : 1, most);
      if (too_few) {
        add_newer(name, what);
      } else {
        add(name, what);
      }
      return nullptr;
    }
    return value;
  }

  void read_tools(Manifest& m) {
    const Json* tools = list("tools", Needed::today, ManifestLimits::kTools);
    if (tools == nullptr) return;
    for (std::size_t i = 0; i < tools->size(); ++i) {
      const std::string path = fmt::format("tools[{}]", i);
      const Json& tool = (*tools)[i];
      if (!tool.is_object()) {
        add_newer(path, "must be an object with name and policyClass");
        continue;
      }
      const auto field = [&](const char* name, bool required, std::size_t limit) -> std::string {
        const auto it = tool.find(name);
        if (it == tool.end()) {
          if (required) add_newer(path + "." + name, "is missing");
          return {};
        }
        return checked_text(*it, path + "." + name, limit, !required);
      };
      Tool t{field("name", true, ManifestLimits::kToolName),
             field("description", false, ManifestLimits::kDescription), PolicyClass::read};
      if (t.name.empty() && text_member(tool, "name") == "") {
        add_newer(path + ".name", "must not be empty");
      }
      const std::string word = field("policyClass", true, 64);
      const auto policy_class = parse_policy_class(word);
      if (policy_class) {
        t.policy_class = *policy_class;
      } else if (!word.empty() || text_member(tool, "policyClass") == "") {
        add_newer(path + ".policyClass", "must be READ, WRITE_NON_DESTRUCTIVE or DESTRUCTIVE");
      }
      const auto same_name = [&](const Tool& other) { return other.name == t.name; };
      if (!t.name.empty() && std::any_of(m.tools_.begin(), m.tools_.end(), same_name)) {
        add_newer(path + ".name", fmt::format("\"{}\" appears twice", t.name));
      }
      // A tool without a policy class is left out: no policy could judge it.
      if (policy_class && !t.name.empty()) m.tools_.push_back(std::move(t));
    }
  }

  void read_capabilities(Manifest& m) {
    const Json* words = list("capabilities", Needed::always, ManifestLimits::kCapabilities);
    if (words == nullptr) return;
    const auto& known = known_capabilities();
    for (std::size_t i = 0; i < words->size(); ++i) {
      const std::string path = fmt::format("capabilities[{}]", i);
      std::string word = checked_text((*words)[i], path, 64, false);
      if (std::find(known.begin(), known.end(), word) == known.end()) {
        add_newer(path, fmt::format("\"{}\" is not one of {}", word, fmt::join(known, ", ")));
      } else if (std::find(m.capabilities_.begin(), m.capabilities_.end(), word) !=
                 m.capabilities_.end()) {
        add_newer(path, fmt::format("\"{}\" appears twice", word));
        if (older_) continue;
      }
      m.capabilities_.push_back(std::move(word));
    }
  }

  void read_keywords(Manifest& m) {
    const Json* words = list("keywords", Needed::never, ManifestLimits::kKeywords);
    if (words == nullptr) return;
    for (std::size_t i = 0; i < words->size(); ++i) {
      m.keywords_.push_back(checked_text((*words)[i], fmt::format("keywords[{}]", i),
                                         ManifestLimits::kKeyword, false));
    }
  }

  void read_dependencies(Manifest& m) {
    const Json* wanted = member("dependencies");
    if (wanted == nullptr) return;
    if (!wanted->is_object()) {
      add("dependencies", "must be an object of connector ids and version ranges");
      return;
    }
    if (wanted->size() > ManifestLimits::kDependencies) {
      add("dependencies", fmt::format("has {} members; at most {} are allowed", wanted->size(),
                                      ManifestLimits::kDependencies));
      return;
    }
    for (const auto& [id, range] : wanted->items()) {
      const std::string path = fmt::format("dependencies.{}", printable(id.substr(0, 64)));
      if (!is_valid_name(id)) {
        add(path, "is not a connector id");
        continue;
      }
      const std::string s = checked_text(range, path, 256, false);
      if (!range.is_string()) continue;
      auto parsed_range = VersionRange::parse(s);
      if (!parsed_range) {
        add(path, parsed_range.error().message);
      } else if (m.id_.text() == id) {
        add(path, "a connector cannot depend on itself");
      } else {
        m.dependencies_.emplace(id, std::move(*parsed_range));
      }
    }
  }

  void read_url(const char* name) {
    const std::string url = text(name, Needed::never, ManifestLimits::kUrl);
    if (!url.empty() && !is_http_url(url)) add(name, "must be an http:// or https:// URL");
  }

  Json json_;
  const bool older_;
  std::vector<ErrorDetail> findings_;
  std::vector<ErrorDetail> shortcomings_;
};

static Result<Json> manifest_document(std::string_view text) {
  if (text.size() > kMaxManifestBytes) {
    return Error(ErrorCode::manifest_too_large,
                 fmt::format("{} has {} bytes; at most {} are allowed", kManifestName, text.size(),
                             kMaxManifestBytes));
  }
  return parse_json(text, kManifestName);
}

Result<Manifest> Manifest::parse(std::string_view text) {
  MKT_TRY(Json json, manifest_document(text));
  return from_json(std::move(json));
}

Result<Manifest> Manifest::from_json(Json json) {
  return ManifestReader(std::move(json), false).read();
}

Result<Manifest> Manifest::parse_older(std::string_view text) {
  MKT_TRY(Json json, manifest_document(text));
  return ManifestReader(std::move(json), true).read();
}

Status Manifest::require_current() const {
  if (shortcomings_.empty()) return {};
  return manifest_invalid(shortcomings_);
}

std::string describe_details(const Error& error) {
  std::string lines;
  for (const ErrorDetail& d : error.details) {
    lines += fmt::format("  {}: {}\n", printable(d.path), printable(d.message));
  }
  return lines;
}

}  // namespace mkt
