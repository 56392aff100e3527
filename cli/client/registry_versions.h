// The registry as a source of versions for the resolver; asks it once for each. Use from one
// thread.
#pragma once

#include "cli/client/registry_client.h"
#include "cli/client/resolver.h"

namespace mkt {

class RegistryVersions : public VersionSource {
 public:
  explicit RegistryVersions(RegistryClient& registry) : registry_(registry) {}

  // Without those in quarantine.
  Result<std::vector<AvailableVersion>> versions(const ConnectorId& id) override;
  Result<std::map<std::string, VersionRange>> dependencies(const ConnectorId& id,
                                                           const Version& version) override;

 private:
  RegistryClient& registry_;
  std::map<std::string, std::vector<AvailableVersion>> versions_;            // by id
  std::map<std::string, std::map<std::string, VersionRange>> dependencies_;  // by id@version
};

}  // namespace mkt
