// PolicyStanding: what the tenant's policy says today of connectors that are installed here.
//
// A policy that is made stricter takes nothing off a machine; but what it would refuse now should
// not stay unnoticed. Asks the registry once for each connector; where no tenant is set, nobody is
// asked. Where the registry cannot be asked it says so once. Use from one thread.
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

  // Why the policy refuses it: "against the policy of team: …"; nullopt where it does not, where it
  // came from another registry, and where nobody can be asked.
  std::optional<std::string> refusal(const Receipt& receipt);

 private:
  const Session& session_;
  const std::string registry_url_;
  RegistryClient registry_;
  std::optional<TenantClient> tenant_;  // none: nobody is asked, or no more
};

}  // namespace mkt
