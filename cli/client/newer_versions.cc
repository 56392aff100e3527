#include "cli/client/newer_versions.h"

#include <fmt/format.h>

#include <algorithm>
#include <compare>

#include "cli/client/settings.h"
#include "common/base/utf8.h"
#include "common/connector/pack.h"

namespace mkt {
namespace {

// The versions that an update may choose from: of a connector to update only newer ones, and of
// every installed one also the installed version, whatever the registry says about it.
class UpdateSource : public VersionSource {
 public:
  UpdateSource(VersionSource& registry, const std::map<std::string, InstalledConnector>& installed)
      : registry_(registry), installed_(installed) {}

  void offer(const std::string& id, std::vector<AvailableVersion> versions) {
    offered_[id] = std::move(versions);
  }

  Result<std::vector<AvailableVersion>> versions(const ConnectorId& id) override {
    const auto here = installed_.find(id.text());
    const auto offered = offered_.find(id.text());
    std::vector<AvailableVersion> all;
    if (offered != offered_.end()) {
      all = offered->second;
    } else {
      MKT_TRY(all, registry_.versions(id));
    }
    if (here != installed_.end()) {
      std::erase_if(all, [&](const auto& v) { return v.version == here->second.version; });
      all.push_back({here->second.version});
    }
    return all;
  }

  Result<std::map<std::string, VersionRange>> dependencies(const ConnectorId& id,
                                                           const Version& version) override {
    const auto here = installed_.find(id.text());
    const bool is_here = here != installed_.end() && here->second.version == version;
    if (is_here) return here->second.dependencies;
    return registry_.dependencies(id, version);
  }

 private:
  VersionSource& registry_;
  const std::map<std::string, InstalledConnector>& installed_;
  std::map<std::string, std::vector<AvailableVersion>> offered_;  // by id
};

// By id, with the dependencies in their manifests.
Result<std::map<std::string, InstalledConnector>> read_installed(
    const std::vector<Installed>& installed) {
  std::map<std::string, InstalledConnector> all;
  for (const Installed& i : installed) {
    MKT_TRY(Version version, Version::parse(i.receipt.version));
    MKT_TRY(const Manifest manifest, read_manifest(i.folder));
    all.emplace(i.receipt.id, InstalledConnector{std::move(version), manifest.dependencies()});
  }
  return all;
}

bool is_newer(const AvailableVersion& v, const Version& here) {
  if (v.quarantined || v.deprecated) return false;
  if ((v.prerelease || v.version.is_prerelease()) && !here.is_prerelease()) return false;
  return std::is_gt(compare_precedence(v.version, here));
}

// True for an error about one connector (no such version, none that fits), which does not stop the
// rest.
bool is_obstacle(ErrorCode code) {
  return code == ErrorCode::dependency_conflict || code == ErrorCode::dependency_cycle ||
         code == ErrorCode::connector_not_found || code == ErrorCode::version_not_found ||
         code == ErrorCode::version_quarantined || code == ErrorCode::version_withdrawn;
}

class UpdateSearch {
 public:
  UpdateSearch(VersionSource& registry, const std::string& origin,
               const std::map<std::string, InstalledConnector>& here)
      : registry_(registry), origin_(origin), here_(here), source_(registry, here) {}

  // Reports what newer versions an installed connector has. `is_named`: it is to be updated.
  Status look_at(const Installed& installed, bool is_named, const VersionRange* hold) {
    const Receipt& receipt = installed.receipt;
    MKT_TRY(ConnectorId id, ConnectorId::parse(receipt.id));
    const Version& version = here_.at(receipt.id).version;
    const auto origin = registry_origin(receipt.registry);
    if (!origin || *origin != origin_) {
      source_.offer(receipt.id, {});
      if (is_named) pass_over(receipt, "came from " + printable(receipt.registry));
      return {};
    }
    if (!is_named && hold == nullptr) return {};
    const auto versions = registry_.versions(id);
    if (!versions && versions.error().code != ErrorCode::connector_not_found) {
      return versions.error();
    }
    if (!versions) {
      source_.offer(receipt.id, {});
      if (is_named) pass_over(receipt, "is not known to the registry");
      return {};
    }
    std::vector<AvailableVersion> newer;
    for (const AvailableVersion& v : *versions) {
      if (is_newer(v, version)) newer.push_back(v);
      if (is_named && v.version == version && v.quarantined) out_of_reach_.emplace(receipt.id, v);
    }
    if (hold != nullptr) keep_to(*hold, installed, is_named, newer);
    source_.offer(receipt.id, std::move(newer));
    if (is_named) wanted_.push_back({std::move(id), std::nullopt});
    return {};
  }

  Result<Updates> run() {
    auto all = resolve(wanted_, here_, source_);
    if (!all && !is_obstacle(all.error().code)) return all.error();
    if (!all) {
      MKT_TRY(all, one_by_one());
    }
    for (ResolvedConnector& r : *all) {
      const auto here = here_.find(r.id.text());
      if (here == here_.end() || here->second.version != r.version) {
        updates_.changes.push_back(std::move(r));
      }
    }
    tell_out_of_reach();
    return std::move(updates_);
  }

 private:
  void pass_over(const Receipt& receipt, const std::string& why) {
    updates_.remarks.push_back(
        fmt::format("{}@{} {}; it stays as it is", receipt.id, receipt.version, why));
  }

  // Leaves those within the hold; tells of the newest one where that is not among them.
  void keep_to(const VersionRange& hold, const Installed& installed, bool is_named,
               std::vector<AvailableVersion>& newer) {
    const auto newest = std::max_element(
        newer.begin(), newer.end(), [](const AvailableVersion& a, const AvailableVersion& b) {
          return std::is_lt(compare_precedence(a.version, b.version));
        });
    if (is_named && newest != newer.end() && !hold.contains(newest->version)) {
      updates_.held.push_back({installed, newest->version, hold});
    }
    std::erase_if(newer, [&](const AvailableVersion& v) { return !hold.contains(v.version); });
  }

  // Linear in the number of connectors; trying all combinations would not be.
  Result<std::vector<ResolvedConnector>> one_by_one() {
    std::vector<WantedConnector> possible;
    std::vector<ResolvedConnector> best;
    for (const WantedConnector& w : wanted_) {
      possible.push_back(w);
      auto resolved = resolve(possible, here_, source_);
      if (resolved) {
        best = std::move(*resolved);
        continue;
      }
      if (!is_obstacle(resolved.error().code)) return resolved.error();
      possible.pop_back();
      updates_.remarks.push_back(fmt::format("{}@{} stays as it is: {}", w.id.text(),
                                             here_.at(w.id.text()).version.text(),
                                             resolved.error().message));
    }
    return best;
  }

  void tell_out_of_reach() {
    for (const auto& [id, version] : out_of_reach_) {
      const auto leaves =
          std::any_of(updates_.changes.begin(), updates_.changes.end(),
                      [&, &id = id](const ResolvedConnector& r) { return r.id.text() == id; });
      if (leaves) continue;
      updates_.remarks.push_back(fmt::format("{}@{} {}, and no newer version can take its place",
                                             id, version.version.text(), out_of_reach(version)));
    }
  }

  VersionSource& registry_;
  const std::string& origin_;
  const std::map<std::string, InstalledConnector>& here_;
  UpdateSource source_;
  std::vector<WantedConnector> wanted_;
  std::map<std::string, AvailableVersion> out_of_reach_;  // installed here
  Updates updates_;
};

}  // namespace

Result<Updates> find_updates(VersionSource& registry, const std::string& origin,
                             const std::vector<Installed>& installed,
                             const std::vector<std::string>& ids,
                             const std::map<std::string, VersionRange>& holds) {
  MKT_TRY(const auto here, read_installed(installed));
  UpdateSearch search(registry, origin, here);
  for (const Installed& i : installed) {
    const bool is_named =
        ids.empty() || std::find(ids.begin(), ids.end(), i.receipt.id) != ids.end();
    const auto hold = holds.find(i.receipt.id);
    MKT_CHECK(search.look_at(i, is_named, hold == holds.end() ? nullptr : &hold->second));
  }
  MKT_TRY(Updates updates, search.run());
  for (const Installed& i : installed) {
    for (const ResolvedConnector& r : updates.changes) {
      if (r.id.text() != i.receipt.id) continue;
      if (std::is_gt(compare_precedence(r.version, here.at(i.receipt.id).version))) {
        updates.newer.push_back({i, r.version});
      }
    }
  }
  return updates;
}

}  // namespace mkt
