#include "daemon/rules/install_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/connector/version.h"
#include "daemon/rules/key_rules.h"

namespace mkt {
namespace {

using Words = std::vector<std::string>;

bool contains(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

const std::string* first_match(const Words& patterns, std::string_view id) {
  const auto it = std::find_if(patterns.begin(), patterns.end(),
                               [&](const std::string& p) { return matches_pattern(p, id); });
  return it == patterns.end() ? nullptr : &*it;
}

// The first of `words` that is listed and not in `known`.
template <typename Listed>
const std::string* first_listed(const Words& words, const Words* known, Listed is_listed) {
  for (const std::string& word : words) {
    if (is_listed(word) && (known == nullptr || !contains(*known, word))) return &word;
  }
  return nullptr;
}

bool asks_for_more(const VersionRecord& version, const VersionRecord& installed) {
  const auto all = [](const std::string&) { return true; };
  return first_listed(version.capabilities, &installed.capabilities, all) != nullptr ||
         first_listed(version.policy_classes, &installed.policy_classes, all) != nullptr;
}

bool is_later_patch(const std::string& candidate, const std::string& installed) {
  const auto a = Version::parse(candidate);
  const auto b = Version::parse(installed);
  return a && b && !a->is_prerelease() && a->major() == b->major() && a->minor() == b->minor() &&
         compare_precedence(*a, *b) > 0;
}

Decision refused(const char* rule, std::string explanation) {
  return {Decision::Outcome::refused, rule, std::move(explanation)};
}

std::optional<Decision> refusal(const Policy& policy, const InstallFacts& f) {
  const std::string& id = f.version.connector_id;
  if (const auto* pattern = first_match(policy.blocked_connectors, id)) {
    return refused("blockedConnectors", fmt::format("{} is blocked ({})", id, *pattern));
  }
  for (const std::string& capability : f.version.capabilities) {
    if (contains(policy.blocked_capabilities, capability)) {
      return refused("blockedCapabilities",
                     fmt::format("the capability {} is blocked", capability));
    }
  }
  if (!policy.allowed_connectors.empty() && !first_match(policy.allowed_connectors, id)) {
    return refused("allowedConnectors", fmt::format("{} is not on the list", id));
  }
  if (!policy.allowed_publishers.empty() && !contains(policy.allowed_publishers, f.publisher.id)) {
    return refused("allowedPublishers",
                   fmt::format("the publisher {} is not on the list", f.publisher.id));
  }
  return std::nullopt;
}

// Why people must be asked, judged by what the version is able to do.
std::optional<Decision> sensitive(const Policy& policy, const InstallFacts& f) {
  const char* const verb = f.installed != nullptr ? "now asks for" : "asks for";
  const auto needed = [&](const char* rule, std::string_view what, const std::string& word) {
    return Decision{Decision::Outcome::needs_approval, rule,
                    fmt::format("{} the {} {}", verb, what, word)};
  };
  const auto* capability = first_listed(
      f.version.capabilities, f.installed != nullptr ? &f.installed->capabilities : nullptr,
      [&](const std::string& w) { return contains(policy.require_approval_for_capabilities, w); });
  if (capability != nullptr) {
    return needed("requireApprovalForCapabilities", "capability", *capability);
  }
  const auto is_listed = [&](const std::string& word) {
    if (word == kUnknownPolicyClass) return true;
    const auto& listed = policy.require_approval_for_policy_classes;
    return std::any_of(listed.begin(), listed.end(),
                       [&](PolicyClass c) { return policy_class_name(c) == word; });
  };
  const auto* policy_class =
      first_listed(f.version.policy_classes,
                   f.installed != nullptr ? &f.installed->policy_classes : nullptr, is_listed);
  if (policy_class != nullptr) {
    return needed("requireApprovalForPolicyClasses", "policy class", *policy_class);
  }
  return std::nullopt;
}

}  // namespace

Decision decide(const Policy& policy, const InstallFacts& f) {
  if (auto refuses = refusal(policy, f)) return std::move(*refuses);
  if (policy.auto_approve_patch_updates && f.installed != nullptr &&
      is_later_patch(f.version.version, f.installed->version) &&
      !asks_for_more(f.version, *f.installed)) {
    return {Decision::Outcome::allowed, "autoApprovePatchUpdates",
            fmt::format("is a later patch of {} and asks for nothing more", f.installed->version)};
  }
  if (policy.require_approval_for_all) {
    return {Decision::Outcome::needs_approval, "requireApprovalForAll",
            "everything has to be approved"};
  }
  const auto asks = sensitive(policy, f);
  if (!asks) {
    return {Decision::Outcome::allowed, "",
            f.installed != nullptr ? "asks for nothing more that would need an approval"
                                   : "asks for nothing that needs an approval"};
  }
  if (policy.auto_approve_verified && f.publisher.verified && f.installed == nullptr) {
    return {Decision::Outcome::allowed, "autoApproveVerified",
            fmt::format("{}, and the publisher {} is verified", asks->explanation, f.publisher.id)};
  }
  return *asks;
}

Status may_be_had(const VersionRecord& v) {
  if (!v.quarantined) return {};
  const std::string name = fmt::format("{}@{}", v.connector_id, v.version);
  if (v.withdrawn_at) {
    return Error(ErrorCode::version_withdrawn,
                 fmt::format("{} was withdrawn on {} ({}): {}", name, format_utc(*v.withdrawn_at),
                             v.withdrawal_code, v.withdrawal_reason));
  }
  if (!v.quarantine_reason.empty()) {
    return Error(ErrorCode::version_quarantined,
                 fmt::format("{} is in quarantine: {}", name, v.quarantine_reason));
  }
  return Error(ErrorCode::version_quarantined,
               fmt::format("{} is in quarantine: the key {} that signed it is compromised", name,
                           v.signing_key_id));
}

Status may_install(const VersionRecord& version, const PublisherRecord& publisher) {
  MKT_CHECK(may_be_had(version));
  return may_publish(publisher);
}

}  // namespace mkt
