// The messages of install requests and installations; see messages.h for what all have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"
#include "common/wire/members.h"

namespace mkt::wire {

struct ApprovalInfo {
  std::string approver;
  std::string approved_at;
  std::string key_id;     // empty where it is not signed
  std::string signature;  // base64, over approval_text (common/signing/key_proof.h)

  MKT_MESSAGE(ApprovalInfo);
};

struct ToolInfo {
  std::string name;
  std::string policy_class;  // READ, WRITE_NON_DESTRUCTIVE, DESTRUCTIVE

  MKT_MESSAGE(ToolInfo);
};

// What a connector may do.
struct PowersInfo {
  std::vector<std::string> capabilities;
  std::vector<ToolInfo> tools;

  MKT_MESSAGE(PowersInfo);
};

struct ReviewedPublisherInfo {
  std::string id;
  std::string display_name;
  bool verified = false;
  std::string status;

  MKT_MESSAGE(ReviewedPublisherInfo);
};

struct ReviewedKeyInfo {
  std::string key_id;
  std::string status;

  MKT_MESSAGE(ReviewedKeyInfo);
};

struct ObstacleInfo {
  std::string code;
  std::string message;

  MKT_MESSAGE(ObstacleInfo);
};

// What an approver should know of the version that is asked for.
struct ReviewInfo : PowersInfo {
  std::string installed_version;  // of the connector in this tenant; empty: not installed
  PowersInfo added;               // beside the installed version
  PowersInfo removed;
  ReviewedPublisherInfo publisher;
  ReviewedKeyInfo key;
  std::uint64_t size = 0;  // bytes
  bool deprecated = false;
  bool quarantined = false;
  std::optional<ObstacleInfo> obstacle;  // why an approval would be refused

  MKT_MESSAGE(ReviewInfo);
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
  std::optional<ReviewInfo> review;

  MKT_MESSAGE(InstallRequestInfo);
};

// GET /v1/tenants/{t}/install-requests
struct InstallRequestListing {
  std::vector<InstallRequestInfo> requests;  // newest first
  bool has_more = false;
  std::optional<std::int64_t> next;  // `before` of the next page

  MKT_MESSAGE(InstallRequestListing);
};

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

  MKT_MESSAGE(InstallationInfo);
};

// GET /v1/tenants/{t}/installs
struct InstallationListing {
  std::vector<InstallationInfo> installations;  // by connector
  bool has_more = false;

  MKT_MESSAGE(InstallationListing);
};

struct InstallationEventInfo {
  std::string action;  // install, update, uninstall
  std::string version;
  std::string previous_version;
  std::string request_id;
  std::string actor;
  std::string at;

  MKT_MESSAGE(InstallationEventInfo);
};

// GET /v1/tenants/{t}/installs/{connector}
struct InstallationHistoryInfo {
  std::optional<InstallationInfo> installation;  // none: it was uninstalled
  std::vector<InstallationEventInfo> history;    // newest first

  MKT_MESSAGE(InstallationHistoryInfo);
};

// The answer to DELETE /v1/tenants/{t}/installs/{connector}.
struct UninstalledInfo {
  InstallationInfo uninstalled;

  MKT_MESSAGE(UninstalledInfo);
};

// The answer to POST /v1/tenants/{t}/installs: 201 or 200 installed, 202 pending.
struct InstallOutcomeInfo {
  std::string status;  // installed, pending
  std::string request_id;
  std::optional<InstallRequestInfo> request;
  std::optional<InstallationInfo> installation;

  MKT_MESSAGE(InstallOutcomeInfo);
};

}  // namespace mkt::wire
