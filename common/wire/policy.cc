#include "common/wire/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "common/base/duration.h"
#include "common/base/utf8.h"
#include "common/connector/names.h"
#include "common/wire/schema.h"

namespace mkt {
namespace {

bool is_capability(std::string_view text) {
  const auto& known = known_capabilities();
  return std::find(known.begin(), known.end(), text) != known.end();
}

// Takes members out of the document one by one; what is left in the end is unknown.
class PolicyReader {
 public:
  explicit PolicyReader(const Json& json) : rest_(json) {}

  void flag(const char* name, bool& flag) {
    const Json value = take(name);
    if (value.is_null()) return;
    if (!value.is_boolean()) return add(name, "must be true or false");
    flag = value.get<bool>();
  }

  void number(const char* name, unsigned& number, unsigned least, unsigned most) {
    const Json value = take(name);
    if (value.is_null()) return;
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() < least ||
        value.get<std::uint64_t>() > most) {
      return add(name, fmt::format("must be a number from {} to {}", least, most));
    }
    number = value.get<unsigned>();
  }

  void time(const char* name, std::chrono::milliseconds& time, std::chrono::milliseconds least,
            std::chrono::milliseconds most) {
    const Json value = take(name);
    if (value.is_null()) return;
    const auto parsed = value.is_string() ? parse_duration(value.get_ref<const std::string&>())
                                          : Result<std::chrono::milliseconds>(Error());
    if (!parsed || *parsed < least || *parsed > most) {
      return add(name, fmt::format("must be a time from {} to {}, such as \"7d\"",
                                   format_duration(least), format_duration(most)));
    }
    time = *parsed;
  }

  // A list of words, each of which `is_valid`; sorted, without repetitions.
  template <typename Valid>
  void words(const char* name, std::vector<std::string>& words, Valid is_valid, const char* what) {
    const Json value = take(name);
    if (value.is_null()) return;
    if (!value.is_array() || value.size() > kMaxPolicyEntries) {
      return add(name, fmt::format("must be a list of at most {} entries", kMaxPolicyEntries));
    }
    std::vector<std::string> read;
    for (const Json& element : value) {
      if (!element.is_string() || !is_valid(element.get_ref<const std::string&>())) {
        add(name, fmt::format("{} is not {}", printable(dump_json(element).substr(0, 80)), what));
        continue;
      }
      read.push_back(element.get<std::string>());
    }
    std::sort(read.begin(), read.end());
    read.erase(std::unique(read.begin(), read.end()), read.end());
    words = std::move(read);
  }

  void classes(const char* name, std::vector<PolicyClass>& classes) {
    std::vector<std::string> read;
    words(
        name, read, [](const std::string& word) { return parse_policy_class(word).has_value(); },
        "READ, WRITE_NON_DESTRUCTIVE or DESTRUCTIVE");
    for (const std::string& word : read) classes.push_back(*parse_policy_class(word));
  }

  std::vector<ErrorDetail> findings() {
    if (rest_.is_object()) {
      for (const auto& [name, value] : rest_.items()) {
        add(printable(name.substr(0, 64)), "is not a setting of policies");
      }
    } else {
      add("(root)", "must be a JSON object");
    }
    return std::move(findings_);
  }

 private:
  Json take(const char* name) {
    if (!rest_.is_object()) return nullptr;
    const auto it = rest_.find(name);
    if (it == rest_.end()) return nullptr;
    Json value = std::move(*it);
    rest_.erase(it);
    return value;
  }
  void add(std::string name, std::string what) {
    findings_.push_back({std::move(name), std::move(what)});
  }

  Json rest_;
  std::vector<ErrorDetail> findings_;
};

class PolicyWriter {
 public:
  void flag(const char* name, bool flag) { json_[name] = flag; }
  void number(const char* name, unsigned number, unsigned, unsigned) { json_[name] = number; }
  void time(const char* name, std::chrono::milliseconds time, std::chrono::milliseconds,
            std::chrono::milliseconds) {
    json_[name] = format_duration(time);
  }
  template <typename Valid>
  void words(const char* name, const std::vector<std::string>& words, Valid, const char*) {
    json_[name] = words;
  }
  void classes(const char* name, const std::vector<PolicyClass>& classes) {
    Json& words = json_[name] = Json::array();
    for (const PolicyClass c : classes) words.push_back(policy_class_name(c));
  }
  Json json() { return std::move(json_); }

 private:
  Json json_ = Json::object();
};

class PolicySchema {
 public:
  void flag(const char* name, bool) { add(name, {{"type", "boolean"}}); }
  void number(const char* name, unsigned, unsigned least, unsigned most) {
    add(name, {{"type", "integer"}, {"minimum", least}, {"maximum", most}});
  }
  void time(const char* name, std::chrono::milliseconds, std::chrono::milliseconds least,
            std::chrono::milliseconds most) {
    add(name, {{"type", "string"},
               {"description", fmt::format("A time from {} to {}, such as 7d.",
                                           format_duration(least), format_duration(most))}});
  }
  template <typename Valid>
  void words(const char* name, const std::vector<std::string>&, Valid, const char* what) {
    add(name, {{"type", "array"},
               {"items", {{"type", "string"}}},
               {"maxItems", kMaxPolicyEntries},
               {"description", fmt::format("Each is {}.", what)}});
  }
  void classes(const char* name, const std::vector<PolicyClass>&) {
    add(name, {{"type", "array"},
               {"items",
                {{"type", "string"},
                 {"enum", Json::array({"READ", "WRITE_NON_DESTRUCTIVE", "DESTRUCTIVE"})}}}});
  }
  Json json() { return {{"type", "object"}, {"properties", std::move(properties_)}}; }

 private:
  void add(const char* name, Json schema) { properties_[name] = std::move(schema); }
  Json properties_ = Json::object();
};

// The settings, listed once. `Settings` is a Policy, or a constant one.
template <typename Visitor, typename Settings>
void visit_settings(Visitor& v, Settings& p) {
  const char* const pattern = "a connector id, in which * stands for anything";
  v.words("requireApprovalForCapabilities", p.require_approval_for_capabilities, is_capability,
          "a capability");
  v.classes("requireApprovalForPolicyClasses", p.require_approval_for_policy_classes);
  v.flag("requireApprovalForAll", p.require_approval_for_all);
  v.words("blockedCapabilities", p.blocked_capabilities, is_capability, "a capability");
  v.words("blockedConnectors", p.blocked_connectors, is_connector_pattern, pattern);
  v.words("allowedConnectors", p.allowed_connectors, is_connector_pattern, pattern);
  v.words("allowedPublishers", p.allowed_publishers, is_valid_name, "a publisher id");
  v.number("minApprovals", p.min_approvals, 1, kMaxApprovals);
  v.flag("allowSelfApproval", p.allow_self_approval);
  v.flag("autoApproveVerified", p.auto_approve_verified);
  v.flag("autoApprovePatchUpdates", p.auto_approve_patch_updates);
  v.time("requestTtl", p.request_ttl, kMinRequestTtl, kMaxRequestTtl);
}

}  // namespace

Result<Policy> Policy::parse(const Json& json) {
  Policy p;
  PolicyReader reader(json);
  visit_settings(reader, p);
  std::vector<ErrorDetail> findings = reader.findings();
  if (findings.empty()) return p;
  std::string message = fmt::format("the policy is not valid: {} {}", findings.front().path,
                                    findings.front().message);
  if (findings.size() > 1) message += fmt::format(", and {} more", findings.size() - 1);
  return Error(ErrorCode::policy_invalid, std::move(message), std::move(findings));
}

Json Policy::to_json() const {
  PolicyWriter writer;
  visit_settings(writer, *this);
  return writer.json();
}

Json Policy::schema(wire::Schemas& schemas) {
  PolicySchema schema;
  const Policy defaults;
  visit_settings(schema, defaults);
  return schemas.of("Policy", schema.json());
}

bool is_connector_pattern(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameLength &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '*';
         });
}

// Two cursors: where the text stands, and where to go on after the last '*'.
bool matches_pattern(std::string_view pattern, std::string_view id) {
  std::size_t p = 0, i = 0;
  std::size_t star = std::string_view::npos, resume = 0;
  while (i < id.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = i;
    } else if (p < pattern.size() && pattern[p] == id[i]) {
      ++p;
      ++i;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      i = ++resume;
    } else {
      return false;
    }
  }
  return pattern.substr(p).find_first_not_of('*') == std::string_view::npos;
}

}  // namespace mkt
