// TenantClient: what a tenant asks of the registry: installs, requests, policy.
//
// The calls of RegistryClient below /v1/tenants/{tenant}, in the same way. Use from one thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/client/registry_client.h"
#include "common/wire/install_messages.h"
#include "common/wire/policy_messages.h"

namespace mkt {

struct RequestListOptions {
  std::string status;  // empty for all
  std::string connector;
  std::int64_t before = 0;  // 0: from the newest
  unsigned limit = 50;
};

class TenantClient {
 public:
  TenantClient(RegistryClient& registry, TenantId tenant)
      : registry_(registry), base_("/v1/tenants/" + tenant.text()), tenant_(std::move(tenant)) {}

  const TenantId& tenant() const { return tenant_; }

  Result<wire::InstallOutcomeInfo> request_install(const ConnectorId& id, const Version& version);
  Result<wire::InstallationInfo> uninstall(const ConnectorId& id);

  Result<wire::InstallRequestListing> requests(const RequestListOptions& options);
  Result<wire::InstallRequestInfo> request(const std::string& id);
  Result<wire::InstallRequestInfo> approve(const std::string& id, const wire::Approval& approval);
  Result<wire::InstallRequestInfo> deny(const std::string& id, const std::string& reason);
  Result<wire::InstallRequestInfo> cancel(const std::string& id);

  Result<wire::PolicyInfo> policy();
  Result<wire::PolicyHistoryInfo> policy_history();
  // `revision`: the one that was read.
  Result<wire::PolicyInfo> set_policy(const Policy& policy, std::int64_t revision);
  Result<wire::PolicyCheckInfo> check_policy(const ConnectorId& id, const std::string& which);

 private:
  std::string request_path(const std::string& id, const char* act = "") const;

  RegistryClient& registry_;
  std::string base_;
  TenantId tenant_;
};

// What happens to a tenant's requests, look by look. Use from one thread.
class RequestFeed {
 public:
  explicit RequestFeed(TenantClient& tenant) : tenant_(tenant) {}

  // First all that is pending; then each time what is new or has changed since, the oldest first.
  // After an error the next look goes on where that one ended; nothing is lost.
  Result<std::vector<wire::InstallRequestInfo>> next();

 private:
  struct Known {
    std::string status;
    std::size_t approvals;
    int since;  // the look that first saw it
  };
  void take(const wire::InstallRequestInfo& r);
  Status look_at_pending();
  Status look_at_newest();
  Status look_at_decided();

  TenantClient& tenant_;
  int look_ = 1;                        // counts those that went through
  std::map<std::string, Known> known_;  // by id
  std::set<std::string> pending_now_;
  std::vector<wire::InstallRequestInfo> news_;  // not told yet
};

}  // namespace mkt
