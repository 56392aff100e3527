// Reads the part of TOML 1.0 that settings need, strictly.
//
// Supported are tables, arrays of tables, and `key = value` where the value is a string, an
// integer, a float, a boolean, or an array of these. Anything else is refused with the file and the
// line, also other parts of TOML (dates, inline tables, multi-line strings, arrays of arrays):
// somebody would believe in a setting that is silently ignored. Pure; any thread may use it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace mkt {

struct TomlSetting {
  std::string table;  // "" at the top, "limits", "firestore.more"
  std::string name;   // "" for the heading of a table, so that an empty table is seen too
  std::vector<std::string> values;  // unquoted; one, except for an array
  bool is_array = false;            // for a heading: [[table]]
  int line = 0;

  bool is_heading() const { return name.empty(); }
  // "limits.search"
  std::string path() const {
    return table.empty() || name.empty() ? table + name : table + "." + name;
  }
};

// The settings in their order. Errors call the text `file`. usage_error, also for a setting that is
// twice in one table.
Result<std::vector<TomlSetting>> read_toml(std::string_view text, std::string_view file);

// "mktd.conf:3: …"
Error toml_error(std::string_view file, int line, std::string_view what);

}  // namespace mkt
