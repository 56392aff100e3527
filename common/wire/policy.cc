// Reading and writing policies; see policy.h.
#include "common/wire/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "common/base/duration.h"
#include "common/base/utf8.h"
#include "common/connector/names.h"

namespace mkt {
namespace {

bool is_pattern(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameLength &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '*';
         });
}

bool is_capability(std::string_view text) {
  const auto& known = known_capabilities();
  return std::find(known.begin(), known.end(), text) != known.end();
}

// Takes members out of the document one by one; what is left in the end is unknown.
class PolicyReader {
 public:
  explicit PolicyReader(const Json& json) : rest_(json) {}

  void read(const char* name, bool& flag) {
    const Json value = take(name);
    if (value.is_null()) return;
    if (!value.is_boolean()) return add(name, "must be true or false");
    flag = value.get<bool>();
  }

  void read(const char* name, unsigned& number, unsigned least, unsigned most) {
    const Json value = take(name);
    if (value.is_null()) return;
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() < least ||
        value.get<std::uint64_t>() > most) {
      return add(name, fmt::format("must be a number from {} to {}", least, most));
    }
    number = value.get<unsigned>();
  }

  void read(const char* name, std::chrono::milliseconds& time, std::chrono::milliseconds least,
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
  void read(const char* name, std::vector<std::string>& words, Valid is_valid, const char* what) {
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

}  // namespace

Result<Policy> Policy::parse(const Json& json) {
  Policy p;
  PolicyReader reader(json);
  reader.read("requireApprovalForCapabilities", p.require_approval_for_capabilities, is_capability,
              "a capability");
  std::vector<std::string> classes;
  reader.read(
      "requireApprovalForPolicyClasses", classes,
      [](const std::string& word) { return parse_policy_class(word).has_value(); },
      "READ, WRITE_NON_DESTRUCTIVE or DESTRUCTIVE");
  for (const std::string& word : classes) {
    p.require_approval_for_policy_classes.push_back(*parse_policy_class(word));
  }
  reader.read("requireApprovalForAll", p.require_approval_for_all);
  reader.read("blockedCapabilities", p.blocked_capabilities, is_capability, "a capability");
  const char* const pattern = "a connector id, in which * stands for anything";
  reader.read("blockedConnectors", p.blocked_connectors, is_pattern, pattern);
  reader.read("allowedConnectors", p.allowed_connectors, is_pattern, pattern);
  reader.read("allowedPublishers", p.allowed_publishers, is_valid_name, "a publisher id");
  reader.read("minApprovals", p.min_approvals, 1, kMaxApprovals);
  reader.read("allowSelfApproval", p.allow_self_approval);
  reader.read("autoApproveVerified", p.auto_approve_verified);
  reader.read("autoApprovePatchUpdates", p.auto_approve_patch_updates);
  reader.read("requestTtl", p.request_ttl, kMinRequestTtl, kMaxRequestTtl);
  std::vector<ErrorDetail> findings = reader.findings();
  if (findings.empty()) return p;
  std::string message = fmt::format("the policy is not valid: {} {}", findings.front().path,
                                    findings.front().message);
  if (findings.size() > 1) message += fmt::format(", and {} more", findings.size() - 1);
  return Error(ErrorCode::policy_invalid, std::move(message), std::move(findings));
}

Json Policy::to_json() const {
  Json classes = Json::array();
  for (const PolicyClass c : require_approval_for_policy_classes) {
    classes.push_back(policy_class_name(c));
  }
  return {{"requireApprovalForCapabilities", require_approval_for_capabilities},
          {"requireApprovalForPolicyClasses", classes},
          {"requireApprovalForAll", require_approval_for_all},
          {"blockedCapabilities", blocked_capabilities},
          {"blockedConnectors", blocked_connectors},
          {"allowedConnectors", allowed_connectors},
          {"allowedPublishers", allowed_publishers},
          {"minApprovals", min_approvals},
          {"allowSelfApproval", allow_self_approval},
          {"autoApproveVerified", auto_approve_verified},
          {"autoApprovePatchUpdates", auto_approve_patch_updates},
          {"requestTtl", format_duration(request_ttl)}};
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
