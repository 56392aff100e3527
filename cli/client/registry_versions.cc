#include "cli/client/registry_versions.h"

#include "common/connector/manifest.h"

namespace mkt {

Result<std::vector<AvailableVersion>> RegistryVersions::versions(const ConnectorId& id) {
  if (const auto it = versions_.find(id.text()); it != versions_.end()) return it->second;
  MKT_TRY(const wire::ConnectorInfo info, registry_.connector(id));
  std::vector<AvailableVersion> available;
  for (const wire::VersionInfo& v : info.versions) {
    MKT_TRY(Version version, Version::parse(v.version));
    available.push_back({std::move(version), v.deprecated, v.prerelease, v.quarantined,
                         v.withdrawn_at.has_value()});
  }
  return versions_[id.text()] = std::move(available);
}

Result<const RegistryVersions::Known*> RegistryVersions::ask(const ConnectorId& id,
                                                             const Version& version) {
  const std::string name = id.text() + "@" + version.text();
  if (const auto it = known_.find(name); it != known_.end()) return &it->second;
  MKT_TRY(wire::VersionInfo info, registry_.version(id, version.text()));
  if (!info.manifest) {
    return Error(ErrorCode::invalid_json, "the registry sent no manifest of " + name);
  }
  MKT_TRY(const Manifest manifest, Manifest::parse_older(dump_json(*info.manifest)));
  info.manifest.reset();  // a thousand of them would be a gigabyte
  return &known_.emplace(name, Known{std::move(info), manifest.dependencies()}).first->second;
}

Result<wire::VersionInfo> RegistryVersions::version(const ConnectorId& id, const Version& version) {
  MKT_TRY(const Known* const known, ask(id, version));
  return known->info;
}

Result<std::map<std::string, VersionRange>> RegistryVersions::dependencies(const ConnectorId& id,
                                                                           const Version& version) {
  MKT_TRY(const Known* const known, ask(id, version));
  return known->dependencies;
}

}  // namespace mkt
