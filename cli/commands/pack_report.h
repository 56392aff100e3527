// What `mkt pack` and `mkt publish` tell of a tarball's content: every file with its size, what was
// left out and why, and what the author may want to know before others get it.
#pragma once

#include <string>

#include "cli/terminal/output.h"
#include "common/base/json.h"
#include "common/connector/pack.h"
#include "common/connector/source_tree.h"

namespace mkt {

// Adds `contents`, one object a file and one for each node_modules, and `leftOut`.
void describe_tree(const SourceTree& tree, Json& document);
// The same as two tables.
std::string format_tree(const SourceTree& tree);

// Says on stderr what of a packed folder is unusual, and adds `warnings` to the document: what
// older loaders could not load, secrets that were left out, an outdated checksum, node_modules.
void report_plan(const PackPlan& plan, const Output& out, Json& document);

}  // namespace mkt
