// Where a user's files are, by the XDG Base Directory Specification 0.8.
//
// Where neither the variable nor HOME is an absolute path, the place is unknown: the folders are
// empty paths, and a program that needs them calls require_user_folders first.
#pragma once

#include <filesystem>

#include "common/base/result.h"

namespace mkt {

std::filesystem::path user_config_folder();  // $XDG_CONFIG_HOME/mkt or ~/.config/mkt
std::filesystem::path user_cache_folder();   // $XDG_CACHE_HOME/mkt or ~/.cache/mkt
std::filesystem::path user_state_folder();   // $XDG_STATE_HOME/mkt or ~/.local/state/mkt

// $HOME where it is an absolute path, else empty.
std::filesystem::path home_folder();

// usage_error where the folder for settings or the folder for state is unknown.
Status require_user_folders();

// A file that a daemon on this machine leaves for the same user's CLI. It holds the path of the
// data folder and is named after the daemon's port. Empty where the state folder is unknown.
std::filesystem::path daemon_announcement(int port);

}  // namespace mkt
