// Installs one connector: fetches it or takes it from a file or the cache, checks it, unpacks it
// beside its folder and renames it into place. After a kill at any moment, either the old tree or
// the new one is there. Use from one thread.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/client/lock_file.h"
#include "cli/client/receipt.h"
#include "cli/client/registry_client.h"
#include "cli/client/tarball_cache.h"
#include "cli/client/trust.h"
#include "common/connector/version_range.h"

namespace mkt {

// What all installs of one command share.
struct InstallContext {
  const Settings& settings;
  RegistryClient& registry;
  const Trust& trust;
  std::function<HttpClient::Progress(std::string what)> progress;
  bool overwrites_edits = false;  // overwrite an installed folder that was edited: --force
  TarballCache* cache = nullptr;  // may be null
  // No registry is asked: what a lock names is taken from the cache.
  bool offline = false;
};

// What to install: a connector of the registry, or a local tarball with its signature file beside
// it.
struct Wish {
  std::optional<ConnectorId> id;
  std::optional<Version> version;        // nullopt: the latest
  std::filesystem::path file;            // used where there is no id
  std::optional<LockEntry> locked = {};  // what it must be
  // The dependencies it was resolved with, from the registry's unsigned copy of the manifest.
  std::optional<std::map<std::string, VersionRange>> dependencies = {};
  std::string approved_checksum = {};  // approved for the tenant; empty where nobody was asked

  std::string which() const { return version ? version->text() : "latest"; }
};

// Where to install: in this folder, or below `root` in a folder with the connector's name.
struct InstallTarget {
  std::filesystem::path folder;
  std::filesystem::path root = "connectors";
};

struct InstallDone {  // NOLINT(bugprone-exception-escape): moving JSON throws nothing
  Receipt receipt;
  std::filesystem::path folder;
  bool unchanged = false;   // it was installed already, and unedited
  std::string remark;       // about the key; empty where there is nothing to say
  std::string deprecation;  // why it is deprecated (deprecation_of); empty where it is not
  bool has_dependencies = false;
};

// Why a version is deprecated; empty where it is not.
std::string deprecation_of(const wire::VersionInfo& info);

// target_exists, lock_mismatch, manifest_mismatch, checksum_mismatch, and the errors of download,
// trust and unpacking.
Result<InstallDone> install_connector(const InstallContext& context, const Wish& wish,
                                      const InstallTarget& target);

// Installs all of them below `root`, or none. Each is fetched, checked and unpacked before the
// first is put in place. If one cannot be put in place, the others are undone. A kill between two
// of them leaves some installed; running the same command again continues. Offline, not_cached with
// a detail for each connector that is missing.
Result<std::vector<InstallDone>> install_all(const InstallContext& context,
                                             const std::vector<Wish>& wishes,
                                             const std::filesystem::path& root);

}  // namespace mkt
