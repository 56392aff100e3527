// Changes one setting in config.toml and leaves every other line as it is, with its comments.
//
// The functions on texts are pure. Several processes may change the file: each locks the folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace mkt {

// The text with this value for the setting: in its line, of which a comment stays, or in a new last
// line. Hyphens in a name are the same as underscores. usage_error where the text is not TOML.
Result<std::string> with_setting(std::string_view text, std::string_view name,
                                 std::string_view value);
// The text without the setting's lines; nullopt where it has none.
Result<std::optional<std::string>> without_setting(std::string_view text, std::string_view name);

// The same in config.toml, which is made where it is missing, with mode 0600. What mkt could not
// read afterwards is not written: usage_error.
Status set_in_config(std::string_view name, std::string_view value);
// False where it was not set there.
Result<bool> unset_in_config(std::string_view name);

}  // namespace mkt
