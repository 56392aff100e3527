// Which names a file or folder of a connector may have: names that every system stores unchanged
// and none reads as anything else.
//
// A connector is packed on one system and installed on another, often into a folder that is under
// version control. So these names are refused:
//   - names that Windows cannot store, or stores under another name: with `< > : " | ? *` (a colon
//     also names a stream, `index.js::$DATA`), with a dot or blank at the end, and the names of
//     devices (`CON`, `aux.js`, `com1`), in any case and with any extension;
//   - names that some file system takes for `.git`, `.hg` or `.svn`, whose files can name programs
//     to run. Case, Unicode form and code points that HFS+ ignores (CVE-2014-9390) make no
//     difference, and NTFS also knows `.git` as `git~1` (CVE-2019-1352).
// The rule refuses at least what `git` refuses with core.protectHFS and core.protectNTFS.
#pragma once

#include <string_view>

#include "common/base/result.h"

namespace mkt {

// Checks one component of a path, in UTF-8. archive_unsafe names the broken rule.
Status check_portable_name(std::string_view name);

}  // namespace mkt
