// PolicyStanding: what the tenant's policy says today about connectors that are installed here.
//
// A stricter policy removes nothing from a machine, but the user should learn what it would refuse
// now. Asks the registry once for each connector; without a tenant, it asks nothing. If the
// registry cannot be asked, it says so once. Use from one thread.
#pragma once

#include <optional>
#include <string>

#include "cli/client/receipt.h"
#include "cli/client/tenant_client.h"
#include "cli/commands/command.h"

namespace mkt {

class PolicyStanding {
 public:
  PolicyStanding(const Session& session, const Settings& settings, bool offline);

  // Why the policy refuses it: "against the policy of team: …". nullopt where it does not, where
  // the connector came from another registry, and where the registry cannot be asked.
  std::optional<std::string> refusal(const Receipt& receipt);

 private:
  const Session& session_;
  const std::string registry_url_;
  RegistryClient registry_;
  std::optional<TenantClient> tenant_;  // nullopt: no tenant, or asking failed
};

}  // namespace mkt
