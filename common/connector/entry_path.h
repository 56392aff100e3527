// The names that may stand in a tarball: the one rule for packing, publishing and installing.
//
// A path is UTF-8, relative, '/'-separated, without empty, `.` or `..` components, backslashes or
// control characters; at most kMaxEntryPathBytes bytes and kMaxEntryDepth components. EntryNames
// also refuses names that are not safe on every system (portable_name.h), the receipt's name at the
// root, and a set of paths that some file system could not hold apart: equal ones, ones equal but
// for case or Unicode form, and a file where another path needs a folder.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/base/result.h"

namespace mkt {

// What the header of a ustar entry can hold: 155 bytes of prefix, '/', 100 bytes of name.
inline constexpr std::size_t kMaxEntryPathBytes = 255;
inline constexpr std::size_t kMaxEntryDepth = 32;

// Written by `mkt install` at the root of what it installed, so no tarball may bring one, nor a
// folder of that name.
inline constexpr std::string_view kReceiptName = "install-receipt.json";

// That the path leads to one place below its root, and nowhere else; whether other systems can
// store its names is EntryNames' part. archive_unsafe, with the rule that is broken and without
// repeating the path.
Status check_entry_path(std::string_view path);

// The paths seen so far. Not thread-safe.
class EntryNames {
 public:
  enum class Kind { file, folder };

  // archive_unsafe when the path breaks the rule above or collides with an earlier one.
  Status add(std::string_view path, Kind kind);

 private:
  struct Seen {
    std::string path;  // exactly as it stood in the tarball
    Kind kind;
    bool listed;  // stood there itself, not only as somebody's parent
  };
  Status add_one(std::string_view path, Kind kind, bool listed);
  std::unordered_map<std::string, Seen> seen_;  // by folded path
};

}  // namespace mkt
