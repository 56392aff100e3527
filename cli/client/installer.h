// Installing one connector: fetched or taken from a file, checked, unpacked beside its folder, and
// renamed into place. A kill at any moment leaves the old tree or the new one. Use from one thread.
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
#include "cli/client/trust.h"
#include "common/connector/version_range.h"

namespace mkt {

// What all installs of one command share.
struct InstallContext {
  const Settings& settings;
  RegistryClient& registry;
  const Trust& trust;
  std::function<HttpClient::Progress(std::string what)> progress;
  bool overwrites_edits = false;  // in a folder that is installed: --force
};

// A connector of the registry, or a tarball on this machine with its signature file beside it.
struct Wish {
  std::optional<ConnectorId> id;
  std::optional<Version> version;        // nullopt: the latest
  std::filesystem::path file;            // where there is no id
  std::optional<LockEntry> locked = {};  // what it must turn out to be
  // What it was resolved by: the registry's copy of the manifest, which nobody signed.
  std::optional<std::map<std::string, VersionRange>> dependencies = {};
  std::string approved_checksum = {};  // for the tenant; empty where nobody was asked

  std::string which() const { return version ? version->text() : "latest"; }
};

// Where to: a folder of its own, or one below `root` with the connector's name.
struct InstallTarget {
  std::filesystem::path folder;
  std::filesystem::path root = "connectors";
};

struct InstallDone {
  Receipt receipt;
  std::filesystem::path folder;
  bool unchanged = false;   // it was there already, untouched
  std::string remark;       // of the key; empty where there is nothing to say
  std::string deprecation;  // why it is advised against (deprecation_of); empty where it is not
  bool has_dependencies = false;
};

// Why a version is advised against; empty where it is not.
std::string deprecation_of(const wire::VersionInfo& info);

// target_exists, lock_mismatch, manifest_mismatch, checksum_mismatch, and what download, trust and
// unpacking give.
Result<InstallDone> install_connector(const InstallContext& context, const Wish& wish,
                                      const InstallTarget& target);

// All of them below `root`, or none: each is fetched, checked and unpacked before the first takes
// its place, and where one cannot take its place the others give theirs back. A kill between two
// places leaves some; the same again goes on.
Result<std::vector<InstallDone>> install_all(const InstallContext& context,
                                             const std::vector<Wish>& wishes,
                                             const std::filesystem::path& root);

}  // namespace mkt
