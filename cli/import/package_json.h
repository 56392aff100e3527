// What a package.json says, as a manifest: of packages of npm (its documentation, "package.json"),
// and of extensions of VS Code (code.visualstudio.com, "Extension Manifest"). Pure.
#pragma once

#include "cli/import/connector_draft.h"
#include "common/base/result.h"

namespace mkt {

// Of a package of npm. invalid_input where name or version are missing.
//
// `mcpName`, by which the MCP registry knows a package, makes it an MCP server that Node.js runs.
// The draft's notes name the scripts that npm would run, and the dependencies that the files do not
// bring.
Result<ConnectorDraft> draft_of_npm_package(const Json& package, const PackageFiles& files);

// Of an extension of VS Code. `texts` is its package.nls.json, or null: what stands between percent
// signs is looked up there.
Result<ConnectorDraft> draft_of_vscode_extension(const Json& package, const Json& texts,
                                                 const PackageFiles& files);

}  // namespace mkt
