// Finds the project that the current folder is in, as git and cargo do: by a file that stands in it
// or in one of its parents.
//
// The search ends at the home folder, at the border of the file system, and at the root. A file
// above the current folder counts only if it belongs to this user or to root: in a folder that
// others may write into, such as /tmp, somebody else's file must not decide what a command does.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace mkt {

// The folder that has the file, as seen from `from`: "..", "../..". nullopt where no parent has it.
// `from` itself is not looked at. `home` may be empty.
std::optional<std::filesystem::path> parent_with(std::string_view file,
                                                 const std::filesystem::path& from,
                                                 const std::filesystem::path& home);

// The folder of the connector that the current folder belongs to: "." where it has a manifest, or
// where no parent has one.
std::filesystem::path connector_folder();

// The folder that holds the installed connectors: that of the nearest mkt.lock, or `connectors` in
// the current folder.
std::filesystem::path connectors_root();

}  // namespace mkt
