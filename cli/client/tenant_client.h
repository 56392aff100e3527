// TenantClient: what a tenant asks of the registry: installs, requests, policy.
//
// The calls of RegistryClient below /v1/tenants/{tenant}, in the same way. Use from one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/client/registry_client.h"
#include "common/wire/install_messages.h"

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

  struct RequestPage {
    std::vector<wire::InstallRequestInfo> requests;  // newest first
    std::optional<std::int64_t> next;                // `before` of the next page
  };
  Result<RequestPage> requests(const RequestListOptions& options);
  Result<wire::InstallRequestInfo> request(const std::string& id);
  Result<wire::InstallRequestInfo> approve(const std::string& id,
                                           const std::optional<Json>& signature);
  Result<wire::InstallRequestInfo> deny(const std::string& id, const std::string& reason);
  Result<wire::InstallRequestInfo> cancel(const std::string& id);

  // {revision, policy, setAt, setBy}
  Result<Json> policy();
  Result<Json> policy_history();
  Result<Json> set_policy(const Json& policy, std::optional<std::int64_t> revision);
  Result<Json> check_policy(const ConnectorId& id, const std::string& which);

 private:
  std::string request_path(const std::string& id, const char* act = "") const;

  RegistryClient& registry_;
  std::string base_;
  TenantId tenant_;
};

}  // namespace mkt
