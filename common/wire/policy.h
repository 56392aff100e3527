// Policy: what a tenant lets in, what it wants approved, and what it never takes.
//
// The document of GET and PUT /v1/tenants/{t}/policy, mkt-policy(1). A value that holds valid
// settings only; absent members take the defaults here, unknown ones are errors, since a
// misspelt rule would silently not hold. Thread-safe.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"
#include "common/connector/manifest.h"
#include "common/wire/members.h"

namespace mkt {

inline constexpr unsigned kMaxApprovals = 20;
inline constexpr std::size_t kMaxPolicyEntries = 1000;  // of each list
inline constexpr std::chrono::milliseconds kMinRequestTtl = std::chrono::minutes(1);
inline constexpr std::chrono::milliseconds kMaxRequestTtl = std::chrono::hours(24 * 365);

struct Policy {
  std::vector<std::string> require_approval_for_capabilities = {"auth", "cloud", "database"};
  std::vector<PolicyClass> require_approval_for_policy_classes;
  bool require_approval_for_all = false;
  std::vector<std::string> blocked_capabilities;
  std::vector<std::string> blocked_connectors;  // patterns
  std::vector<std::string> allowed_connectors;  // patterns; empty: all
  std::vector<std::string> allowed_publishers;  // empty: all
  unsigned min_approvals = 1;
  bool allow_self_approval = false;
  bool auto_approve_verified = true;
  bool auto_approve_patch_updates = false;
  std::chrono::milliseconds request_ttl = std::chrono::hours(24 * 7);

  Json to_json() const;
  // policy_invalid with a detail for each finding.
  static Result<Policy> parse(const Json& json);
  static Json schema(wire::Schemas& schemas);
};

// A pattern is a connector id in which '*' stands for any run of characters.
bool is_connector_pattern(std::string_view text);
bool matches_pattern(std::string_view pattern, std::string_view id);

}  // namespace mkt
