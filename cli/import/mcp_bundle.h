// What the manifest.json of an MCP bundle (.mcpb, formerly .dxt) says, as a manifest of ours: the
// specification of MCP Bundles, versions 0.1 to 0.4. Pure.
//
// `server` becomes `mcp` and `entrypoint`. A connector's arguments are relative to its folder, so
// "${__dirname}/" is taken off. What a user is to be asked for, "${user_config.KEY}", becomes a
// variable or an argument with what user_config says about it. Of other placeholders, and of
// settings for single systems, the draft has a note.
#pragma once

#include "cli/import/connector_draft.h"
#include "common/base/result.h"

namespace mkt {

// invalid_input for what is no manifest of a bundle.
Result<ConnectorDraft> draft_of_mcp_bundle(const Json& bundle, const PackageFiles& files);

}  // namespace mkt
