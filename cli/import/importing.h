// import_connector: makes the folder of a connector of a package of another format.
//
// It finds the package, checks it, unpacks it beside the target, writes the manifest, and gives the
// folder its name in one step: however the process ends, there is the whole folder or none. A
// process that is killed leaves a hidden folder (kImportPrefix) that the next import beside it
// removes.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/import/connector_draft.h"
#include "cli/import/foreign_archive.h"
#include "cli/import/npm_package.h"
#include "common/base/result.h"
#include "common/connector/manifest.h"

namespace mkt {

inline constexpr std::string_view kImportPrefix = ".mkt-import-";

// A package on this machine, by how its name ends: .mcpb or .dxt, .vsix, .tgz or .tar.gz.
struct PackageFile {
  std::filesystem::path path;
  std::string_view type;  // of the origin: "mcpb", "vsix", "tgz"
  ForeignLayout layout;
};

using ImportSource = std::variant<NpmPackage, PackageFile>;
// "npm:PACKAGE[@VERSION]", or the name of a file. usage_error for anything else.
Result<ImportSource> parse_import_source(const std::string& text);

struct ImportRequest {
  ImportSource source;
  std::filesystem::path folder;  // empty: the id, in the current folder
  std::string id;                // empty: from the package's name
  std::string npm_registry;      // of --npm-registry
  std::chrono::milliseconds timeout{0};
  ArchiveLimits limits;
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
};

struct ImportedConnector {
  Manifest manifest;
  std::filesystem::path folder;
  std::size_t files = 0;
  std::uint64_t unpacked_bytes = 0;
  std::vector<ImportNote> notes;
};

// target_exists where something is in the way, and the errors of the parts.
Result<ImportedConnector> import_connector(const ImportRequest& request);

}  // namespace mkt
