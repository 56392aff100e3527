// The messages of install requests and installations; see messages.h for what all have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"

namespace mkt::wire {

struct ApprovalInfo {
  std::string approver;
  std::string approved_at;
  std::string key_id;     // empty where it is not signed
  std::string signature;  // base64, over approval_text (common/signing/key_proof.h)

  Json to_json() const;
  static Result<ApprovalInfo> parse(const Json& json);
};

// GET /v1/tenants/{t}/install-requests/{id}; in lists without `review`.
struct InstallRequestInfo {
  std::string id;
  std::string idempotency_key;  // hex SHA-256 of "tenant:connector:version"
  std::string tenant_id;
  std::string connector_id;
  std::string version;
  std::string checksum;
  Json config;         // null where it is left out
  std::string status;  // pending, approved, denied, expired, cancelled
  std::string requested_by;
  std::string requested_at;
  std::string expires_at;
  std::int64_t min_approvals = 1;
  bool allow_self_approval = false;
  std::string rule;
  std::string explanation;
  std::optional<std::string> decided_at;
  std::string decided_by;
  std::string reason;
  std::vector<ApprovalInfo> approvals;
  // What an approver should know: {capabilities, tools, installedVersion, added, removed,
  // publisher, key, size, deprecated, quarantined, obstacle}.
  std::optional<Json> review;

  Json to_json() const;
  static Result<InstallRequestInfo> parse(const Json& json);
};

// GET /v1/tenants/{t}/installs
struct InstallationInfo {
  std::string tenant_id;
  std::string connector_id;
  std::string version;
  std::string checksum;
  Json config;  // null where it is left out
  std::string request_id;
  std::string installed_by;
  std::string installed_at;
  std::string updated_at;

  Json to_json() const;
  static Result<InstallationInfo> parse(const Json& json);
};

struct InstallationEventInfo {
  std::string action;  // install, update, uninstall
  std::string version;
  std::string previous_version;
  std::string request_id;
  std::string actor;
  std::string at;

  Json to_json() const;
  static Result<InstallationEventInfo> parse(const Json& json);
};

// The answer to POST /v1/tenants/{t}/installs: 201 or 200 installed, 202 pending.
struct InstallOutcomeInfo {
  std::string status;  // installed, pending
  std::string request_id;
  std::optional<InstallRequestInfo> request;
  std::optional<InstallationInfo> installation;

  Json to_json() const;
  static Result<InstallOutcomeInfo> parse(const Json& json);
};

}  // namespace mkt::wire
