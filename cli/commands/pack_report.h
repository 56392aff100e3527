// What `mkt pack` and `mkt publish` print about a tarball's content: every file with its size, what
// was left out and why, and what the author should know before others get it.
#pragma once

#include <string>

#include "cli/terminal/output.h"
#include "common/base/json.h"
#include "common/connector/pack.h"
#include "common/connector/source_tree.h"

namespace mkt {

// Adds `contents`, with one object per file and per node_modules, and `leftOut`.
void describe_tree(const SourceTree& tree, Json& document);
// The same as two tables.
// Tells on stderr what is packed: the first files, or all, and what is left out.
enum class Files { first, all };
void tell_tree(const SourceTree& tree, const Output& out, Files files);

std::string format_tree(const SourceTree& tree, const Screen& screen);

// Prints on stderr what is unusual in a packed folder, and adds it to the document as `warnings`:
// what older loaders could not load, secrets left out, an outdated checksum, node_modules.
void report_plan(const PackPlan& plan, const Output& out, Json& document);

}  // namespace mkt
