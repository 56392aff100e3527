// Installs: what a tenant asks for and what it has installed. A tenant's members ask, cancel and
// uninstall; an admin may do all of it. For approving, see approvals.h.
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
  std::optional<std::string> config;  // JSON object, compact; nullopt: as installed now
};

struct NewInstallRequest {
  std::string request_id;  // the id of the new request, should there be one
  std::string tenant_id;
  std::string connector_id;
  std::string version;
  std::optional<std::string> config;  // nullopt: as installed now; {} where nothing is installed
  std::string requested_by;
  UtcTime at;
};

struct InstallOutcome {
  enum class Kind { installed, already_installed, pending };
  Kind kind = Kind::pending;
  bool is_new = false;  // false: it was asked for before
  InstallRequestRecord request;
  std::optional<InstallationRecord> installation = {};
};

// Asks to install one version. The policy in force decides whether it is installed or waits. An
// earlier request that is still open is returned again. The installed version with another
// configuration is an update like any other. connector_not_found, version_not_found,
// version_quarantined, publisher_suspended, publisher_banned, policy_denied, request_denied;
// request_differs where a request with another configuration waits.
Result<InstallOutcome> request_install(const Marketplace& market, const Caller& caller,
                                       const WantedInstall& wanted);
// The change alone.
Result<InstallOutcome> keep_request(const Marketplace& market, const Actor& actor,
                                    const NewInstallRequest& request);

// What would come of asking now. An error where something forbids the install whatever the policy
// says; a denial does, too (request_denied).
Result<Decision> preview_install(const Records& records, std::string_view tenant_id,
                                 std::string_view connector_id, std::string_view version);

// A request of any tenant; for readers of the log.
Result<std::optional<InstallRequestRecord>> find_request(const Marketplace& market,
                                                         std::string_view id);

// The hex SHA-256 of "tenant:connector:version"; equal for equal wishes.
std::string wish_key(const InstallRequestRecord& request);

// For members of the tenant. request_not_found.
Result<InstallRequestRecord> show_request(const Marketplace& market, const Caller& caller,
                                          const TenantId& tenant, std::string_view id);
Result<std::vector<InstallRequestRecord>> list_requests(const Marketplace& market,
                                                        const Caller& caller,
                                                        const InstallRequestQuery& query);

// Cancels a pending request, for its requester or a tenant-admin; or a denial, for an approver.
Result<InstallRequestRecord> cancel_request(const Marketplace& market, const Caller& caller,
                                            const TenantId& tenant, std::string_view id);
// The change alone. request_not_found; request_decided where the status is not `from`.
Result<InstallRequestRecord> keep_cancellation(const Marketplace& market, const Actor& actor,
                                               std::string_view tenant_id, std::string_view id,
                                               RequestStatus from, std::string_view by, UtcTime at);

// Expires a limited number of overdue requests; returns how many.
Result<std::size_t> expire_requests(const Marketplace& market, UtcTime now);

Result<std::vector<InstallationRecord>> list_installations(const Marketplace& market,
                                                           const Caller& caller,
                                                           const TenantId& tenant,
                                                           std::string_view after,
                                                           std::uint32_t limit);

// Where the connector is installed, as far as the caller may know: in its own tenant; for an admin
// in all tenants, up to `limit`. forbidden for publishers.
Result<std::vector<InstallationRecord>> list_installations_of(const Marketplace& market,
                                                              const Caller& caller,
                                                              const ConnectorId& id,
                                                              std::uint32_t limit);

struct InstallationWithHistory {
  std::optional<InstallationRecord> installation;  // nullopt: uninstalled since then
  std::vector<InstallationEvent> history;          // newest first
};
// installation_not_found where it was never installed.
Result<InstallationWithHistory> show_installation(const Marketplace& market, const Caller& caller,
                                                  const TenantId& tenant, const ConnectorId& id);
Result<InstallationRecord> uninstall(const Marketplace& market, const Caller& caller,
                                     const TenantId& tenant, const ConnectorId& id);

// The change alone. installation_not_found.
Result<InstallationRecord> keep_removal(const Marketplace& market, const Actor& actor,
                                        std::string_view tenant_id, std::string_view connector_id,
                                        UtcTime at);

}  // namespace mkt
