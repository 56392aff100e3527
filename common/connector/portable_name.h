// The names that a file or folder of a connector may have: what every system stores as it stands
// and reads as nothing else.
//
// A connector is packed on one system and installed on another, often into a folder that is under
// version control. Refused is therefore
//   - what Windows cannot store, or stores under another name: `< > : " | ? *` (a colon also names
//     a stream, `index.js::$DATA`), a dot or blank at the end, and the names of devices (`CON`,
//     `aux.js`, `com1`), whatever their case and extension;
//   - what some file system takes for `.git`, `.hg` or `.svn`, whose files can name programs to
//     run. Case and Unicode form do not matter, nor do code points that HFS+ ignores
//     (CVE-2014-9390), and NTFS knows `.git` as `git~1` too (CVE-2019-1352).
// The rule holds at least what `git` holds with core.protectHFS and core.protectNTFS.
#pragma once

#include <string_view>

#include "common/base/result.h"

namespace mkt {

// One component of a path, in UTF-8. archive_unsafe with the rule that is broken.
Status check_portable_name(std::string_view name);

}  // namespace mkt
