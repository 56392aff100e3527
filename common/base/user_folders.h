// Where a user's files go, by the XDG Base Directory Specification 0.8.
//
// Where neither the variable nor HOME is an absolute path, nobody knows where they go: the folders
// are empty paths then, and a program that needs them asks require_user_folders first.
#pragma once

#include <filesystem>

#include "common/base/result.h"

namespace mkt {

std::filesystem::path user_config_folder();  // $XDG_CONFIG_HOME/mkt or ~/.config/mkt
std::filesystem::path user_state_folder();   // $XDG_STATE_HOME/mkt or ~/.local/state/mkt
std::filesystem::path user_cache_folder();   // $XDG_CACHE_HOME/mkt or ~/.cache/mkt

// $HOME where that is an absolute path, else empty.
std::filesystem::path home_folder();

// usage_error where the folders for settings or for state are not known.
Status require_user_folders();

// What a daemon on this machine leaves for the CLI of the same user: a file that holds the path of
// its data folder, named by the port it answers on. Empty where the state folder is not known.
std::filesystem::path daemon_announcement(int port);

}  // namespace mkt
