// Which names may be in a tarball: one rule for packing, publishing and installing.
//
// A path is UTF-8, relative, '/'-separated, without empty, `.` or `..` components, backslashes or
// control characters; it has at most kMaxEntryPathBytes bytes and kMaxEntryDepth components.
// EntryNames also refuses names that are not safe on every system (portable_name.h), the receipt's
// name at the root, and paths that some file system could not tell apart: equal paths, paths equal
// except for case or Unicode form, and a file where another path needs a folder.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/base/result.h"

namespace mkt {

// What a ustar header can hold: 155 bytes of prefix, '/', 100 bytes of name.
inline constexpr std::size_t kMaxEntryPathBytes = 255;
inline constexpr std::size_t kMaxEntryDepth = 32;

// `mkt install` writes this file at the root of what it installed, so a tarball may contain neither
// a file nor a folder of that name.
inline constexpr std::string_view kReceiptName = "install-receipt.json";

// Checks that the path leads to one place below its root. EntryNames checks whether other systems
// can store its names. archive_unsafe names the broken rule and does not repeat the path.
Status check_entry_path(std::string_view path);

// The paths seen so far. Not thread-safe.
class EntryNames {
 public:
  enum class Kind { file, folder };

  // archive_unsafe when the path breaks the rule above or collides with an earlier path.
  Status add(std::string_view path, Kind kind);
  // Files and folders, also those that are there only as the folder of another.
  std::size_t count() const { return seen_.size(); }

 private:
  struct Seen {
    std::string path;  // exactly as it stood in the tarball
    Kind kind;
    bool listed;  // was in the tarball itself, not only as a parent
  };
  Status add_one(std::string_view path, Kind kind, bool listed);
  std::unordered_map<std::string, Seen> seen_;  // by folded path
};

}  // namespace mkt
