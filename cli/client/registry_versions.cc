// Asking the registry what there is; see registry_versions.h.
#include "cli/client/registry_versions.h"

#include "common/connector/manifest.h"

namespace mkt {

Result<std::vector<AvailableVersion>> RegistryVersions::versions(const ConnectorId& id) {
  if (const auto it = versions_.find(id.text()); it != versions_.end()) return it->second;
  MKT_TRY(const wire::ConnectorInfo info, registry_.connector(id));
  std::vector<AvailableVersion> available;
  for (const wire::VersionInfo& v : info.versions) {
    if (v.quarantined) continue;
    MKT_TRY(Version version, Version::parse(v.version));
    available.push_back({std::move(version), v.deprecated});
  }
  return versions_[id.text()] = std::move(available);
}

Result<std::map<std::string, VersionRange>> RegistryVersions::dependencies(const ConnectorId& id,
                                                                           const Version& version) {
  const std::string name = id.text() + "@" + version.text();
  if (const auto it = dependencies_.find(name); it != dependencies_.end()) return it->second;
  MKT_TRY(const wire::VersionInfo info, registry_.version(id, version.text()));
  if (!info.manifest) {
    return Error(ErrorCode::invalid_json, "the registry sent no manifest of " + name);
  }
  MKT_TRY(const Manifest manifest, Manifest::from_json(*info.manifest));
  return dependencies_[name] = manifest.dependencies();
}

}  // namespace mkt
