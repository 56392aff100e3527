// Installs: what a tenant asks for, who approves it, and what it has.
//
// A tenant's members ask and uninstall, its approvers approve and deny; an admin may do all of it.
// Everything counted or decided is decided in the store's transaction; here it is decided who may
// ask for it, and what an approver gets to see.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/signing/key.h"
#include "daemon/service/marketplace.h"

namespace mkt {

struct WantedInstall {
  TenantId tenant;
  ConnectorId connector;
  std::string which = "latest";       // or a version
  std::optional<std::string> config;  // JSON object, compact; as in NewInstallRequest
};

// Store::request_install's errors; connector_not_found.
Result<InstallOutcome> request_install(const Marketplace& market, const Caller& caller,
                                       const WantedInstall& wanted);

// The hex SHA-256 of "tenant:connector:version": the same wish has the same one.
std::string wish_key(const InstallRequestRecord& request);

// Pending ones that are overdue count as expired from that moment on.
RequestStatus status_at(const InstallRequestRecord& request, UtcTime now);

// By the tenant. request_not_found.
Result<InstallRequestRecord> show_request(const Marketplace& market, const Caller& caller,
                                          const TenantId& tenant, std::string_view id);
Result<std::vector<InstallRequestRecord>> list_requests(const Marketplace& market,
                                                        const Caller& caller,
                                                        const InstallRequestQuery& query);

struct ToolSummary {
  std::string name;
  std::string policy_class;
  friend bool operator==(const ToolSummary&, const ToolSummary&) = default;
};

// What a version may do.
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
  // Against the version that the tenant has installed now; all of `powers` is new where there is
  // none.
  std::string installed_version;
  Powers added;
  Powers removed;
  std::optional<Error> obstacle;  // why approving would be refused now
};
Result<RequestReview> review_request(const Marketplace& market,
                                     const InstallRequestRecord& request);

// Over approval_text (common/signing/key_proof.h), by a key of the publisher that is named like the
// approver.
struct ApprovalSignature {
  KeyId key_id;
  Signature signature;
};

// By an approver. Store::approve_request's errors; key_foreign, signature_invalid, and those of
// may_sign for the approver's key.
Result<InstallRequestRecord> approve_request(const Marketplace& market, const Caller& caller,
                                             const TenantId& tenant, std::string_view id,
                                             const std::optional<ApprovalSignature>& signature);
Result<InstallRequestRecord> deny_request(const Marketplace& market, const Caller& caller,
                                          const TenantId& tenant, std::string_view id,
                                          const std::string& reason);
// A pending one by whoever asked for it or a tenant-admin, a denial by an approver.
Result<InstallRequestRecord> cancel_request(const Marketplace& market, const Caller& caller,
                                            const TenantId& tenant, std::string_view id);

Result<std::vector<InstallationRecord>> list_installations(const Marketplace& market,
                                                           const Caller& caller,
                                                           const TenantId& tenant,
                                                           std::string_view after,
                                                           std::uint32_t limit);

struct InstallationWithHistory {
  std::optional<InstallationRecord> installation;  // nullopt: uninstalled since
  std::vector<InstallationEvent> history;          // newest first
};
// installation_not_found where it never was installed.
Result<InstallationWithHistory> show_installation(const Marketplace& market, const Caller& caller,
                                                  const TenantId& tenant, const ConnectorId& id);
Result<InstallationRecord> uninstall(const Marketplace& market, const Caller& caller,
                                     const TenantId& tenant, const ConnectorId& id);

}  // namespace mkt
