// Approvals: shows an approver what an install request is about, and takes the approver's yes or
// no.
//
// For a tenant's approvers and for admins. Each person counts once (rules/approval_rules.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/signing/key.h"
#include "daemon/service/marketplace.h"

namespace mkt {

struct ToolSummary {
  std::string name;
  std::string policy_class;
  friend bool operator==(const ToolSummary&, const ToolSummary&) = default;
};

// What a version is able to do.
struct Powers {
  std::vector<std::string> capabilities;
  std::vector<ToolSummary> tools;
};

// What an approver should know.
struct RequestReview {
  VersionRecord version;
  PublisherRecord publisher;
  KeyRecord key;
  Powers powers;
  // Compared with the version that the tenant has installed now; where there is none, all of
  // `powers` is new.
  std::string installed_version;
  Powers added;
  Powers removed;
  std::optional<Error> obstacle;  // why approving would be refused now
};
Result<RequestReview> review_request(const Marketplace& market, const Caller& caller,
                                     const InstallRequestRecord& request);

// A signature over approval_text (common/signing/key_proof.h), by a key of the publisher that has
// the approver's name.
struct ApprovalSignature {
  KeyId key_id;
  Signature signature;
};

struct NewApproval {
  std::string tenant_id;
  std::string request_id;
  std::string approver;
  std::string key_id;     // empty where unsigned
  std::string signature;  // base64
  UtcTime at;
  std::string token_id = {};
};

// The last approval needed also installs. A second approval by the same approver changes nothing,
// unless it is signed and the first was not. request_not_found, request_decided, request_expired;
// request_outdated where something else is installed than when the install was requested;
// self_approval, version_deprecated, the errors of request_install; key_foreign, signature_invalid,
// and the errors of may_sign for the approver's key.
Result<InstallRequestRecord> approve_request(const Marketplace& market, const Caller& caller,
                                             const TenantId& tenant, std::string_view id,
                                             const std::optional<ApprovalSignature>& signature);
Result<InstallRequestRecord> deny_request(const Marketplace& market, const Caller& caller,
                                          const TenantId& tenant, std::string_view id,
                                          const std::string& reason);

// The changes alone, without the checks before them.
Result<InstallRequestRecord> keep_approval(const Marketplace& market, const Actor& actor,
                                           const NewApproval& approval);
Result<InstallRequestRecord> keep_denial(const Marketplace& market, const Actor& actor,
                                         std::string_view tenant_id, std::string_view id,
                                         std::string_view by, std::string_view reason, UtcTime at);

// The reason why approving would be refused now, if it would.
Status may_approve(const Records& records, const InstallRequestRecord& request, Hold hold);

}  // namespace mkt
