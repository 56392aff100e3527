// The part of TOML 1.0 that settings are written in, read strictly.
//
// Tables, arrays of tables, and `key = value` where the value is a string, an integer, a float, a
// boolean, or an array of these. What is no TOML, or is TOML of another part (dates, inline tables,
// multi-line strings, arrays of arrays), is refused with the file and the line: a setting that is
// passed over in silence is one that somebody believes in. Pure; for any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace mkt {

struct TomlSetting {
  std::string table;  // "" at the top, "limits", "firestore.more"
  std::string name;   // "" for the heading of a table, so that an empty one is seen too
  std::vector<std::string> values;  // unquoted; one, but for an array
  bool is_array = false;            // of a heading: [[table]]
  int line = 0;

  bool is_heading() const { return name.empty(); }
  // "limits.search"
  std::string path() const {
    return table.empty() || name.empty() ? table + name : table + "." + name;
  }
};

// In their order; `file` is what errors call the text. usage_error, also for a setting that is
// there twice in one table.
Result<std::vector<TomlSetting>> read_toml(std::string_view text, std::string_view file);

// "mktd.conf:3: …"
Error toml_error(std::string_view file, int line, std::string_view what);

}  // namespace mkt
