// RegistryVersions: gives the resolver the registry's versions, and asks only once for each. Use
// from one thread.
#pragma once

#include "cli/client/registry_client.h"
#include "cli/client/resolver.h"

namespace mkt {

class RegistryVersions : public VersionSource {
 public:
  explicit RegistryVersions(RegistryClient& registry) : registry_(registry) {}

  Result<std::vector<AvailableVersion>> versions(const ConnectorId& id) override;
  // Works for a version in quarantine too; see `version`.
  Result<std::map<std::string, VersionRange>> dependencies(const ConnectorId& id,
                                                           const Version& version) override;
  // Without the manifest.
  Result<wire::VersionInfo> version(const ConnectorId& id, const Version& version);

 private:
  struct Known {
    wire::VersionInfo info;
    std::map<std::string, VersionRange> dependencies;
  };
  Result<const Known*> ask(const ConnectorId& id, const Version& version);

  RegistryClient& registry_;
  std::map<std::string, std::vector<AvailableVersion>> versions_;  // by id
  std::map<std::string, Known> known_;                             // by id@version
};

}  // namespace mkt
