// Where a user's files go, by the XDG Base Directory Specification 0.8.
#pragma once

#include <filesystem>

namespace mkt {

std::filesystem::path user_config_folder();  // $XDG_CONFIG_HOME/mkt or ~/.config/mkt
std::filesystem::path user_state_folder();   // $XDG_STATE_HOME/mkt or ~/.local/state/mkt
std::filesystem::path user_cache_folder();   // $XDG_CACHE_HOME/mkt or ~/.cache/mkt

// What a daemon on this machine leaves for the CLI of the same user: a file that holds the path of
// its data folder, named by the port it answers on.
std::filesystem::path daemon_announcement(int port);

}  // namespace mkt
