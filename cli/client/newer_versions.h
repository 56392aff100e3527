// Which installed connectors have a newer version.
#pragma once

#include <vector>

#include "cli/client/receipt.h"
#include "cli/client/registry_client.h"
#include "common/connector/version.h"

namespace mkt {

struct NewerVersion {
  Installed installed;
  Version latest;
  bool is_newer = false;  // than the installed one
};

// Of each the registry's latest version. connector_not_found where the registry has it no more.
Result<std::vector<NewerVersion>> find_newer_versions(RegistryClient& registry,
                                                      const std::vector<Installed>& installed);

}  // namespace mkt
