// Installs: what a tenant asks for, and what it has. A tenant's members ask, cancel and uninstall;
// an admin may do all of it. Who approves is approvals.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/rules/approval_rules.h"
#include "daemon/rules/install_rules.h"
#include "daemon/service/marketplace.h"

namespace mkt {

struct WantedInstall {
  TenantId tenant;
  ConnectorId connector;
  std::string which = "latest";       // or a version
  std::optional<std::string> config;  // JSON object, compact; nullopt: as it is installed
};

struct NewInstallRequest {
  std::string request_id;  // for the request, should there be a new one
  std::string tenant_id;
  std::string connector_id;
  std::string version;
  std::optional<std::string> config;  // nullopt: as it is installed; {} where it is not
  std::string requested_by;
  UtcTime at;
};

struct InstallOutcome {
  enum class Kind { installed, already_installed, pending };
  Kind kind = Kind::pending;
  bool is_new = false;  // false: somebody asked before
  InstallRequestRecord request;
  std::optional<InstallationRecord> installation = {};
};

// One wish to install, decided by the policy of this moment: installed, or waiting; what was asked
// before and still stands is answered again. The installed version with another configuration is an
// update like any other. connector_not_found, version_not_found, version_quarantined,
// publisher_suspended, publisher_banned, policy_denied, request_denied, request_differs where one
// with another configuration waits.
Result<InstallOutcome> request_install(const Marketplace& market, const Caller& caller,
                                       const WantedInstall& wanted);
// The commit.
Result<InstallOutcome> keep_request(const Marketplace& market, const Actor& actor,
                                    const NewInstallRequest& request);

// What the policy would decide, with nobody's earlier request looked at. What forbids the install
// whatever the policy says is an error.
Result<Decision> preview_install(const Records& records, std::string_view tenant_id,
                                 std::string_view connector_id, std::string_view version);

// Of any tenant; for readers of the log.
Result<std::optional<InstallRequestRecord>> find_request(const Marketplace& market,
                                                         std::string_view id);

// The hex SHA-256 of "tenant:connector:version": the same wish has the same one.
std::string wish_key(const InstallRequestRecord& request);

// By the tenant. request_not_found.
Result<InstallRequestRecord> show_request(const Marketplace& market, const Caller& caller,
                                          const TenantId& tenant, std::string_view id);
Result<std::vector<InstallRequestRecord>> list_requests(const Marketplace& market,
                                                        const Caller& caller,
                                                        const InstallRequestQuery& query);

// A pending one by whoever asked for it or a tenant-admin, a denial by an approver.
Result<InstallRequestRecord> cancel_request(const Marketplace& market, const Caller& caller,
                                            const TenantId& tenant, std::string_view id);
// The commit. request_not_found; request_decided where its status is not `from`.
Result<InstallRequestRecord> keep_cancellation(const Marketplace& market, const Actor& actor,
                                               std::string_view tenant_id, std::string_view id,
                                               RequestStatus from, std::string_view by, UtcTime at);

// Ends what is overdue, some at a time; how many that were.
Result<std::size_t> expire_requests(const Marketplace& market, UtcTime now);

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

// The commit. installation_not_found.
Result<InstallationRecord> keep_removal(const Marketplace& market, const Actor& actor,
                                        std::string_view tenant_id, std::string_view connector_id,
                                        UtcTime at);

}  // namespace mkt
