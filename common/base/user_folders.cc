#include "common/base/user_folders.h"

#include <cstdlib>
#include <string>

namespace mkt {
namespace {

namespace fs = std::filesystem;

// The specification says to ignore a relative value.
fs::path folder(const char* variable, const char* below_home) {
  const char* value = std::getenv(variable);
  if (value != nullptr && fs::path(value).is_absolute()) return fs::path(value) / "mkt";
  const fs::path home = home_folder();
  return home.empty() ? fs::path() : home / below_home / "mkt";
}

}  // namespace

fs::path home_folder() {
  const char* home = std::getenv("HOME");
  return home != nullptr && fs::path(home).is_absolute() ? fs::path(home) : fs::path();
}

fs::path user_config_folder() { return folder("XDG_CONFIG_HOME", ".config"); }
fs::path user_cache_folder() { return folder("XDG_CACHE_HOME", ".cache"); }
fs::path user_state_folder() { return folder("XDG_STATE_HOME", ".local/state"); }

Status require_user_folders() {
  if (!user_config_folder().empty() && !user_state_folder().empty()) return {};
  return Error(ErrorCode::usage_error,
               "HOME is not set, so the place of your settings and keys is not known; set HOME to "
               "your home folder, or both XDG_CONFIG_HOME and XDG_STATE_HOME, to absolute paths");
}

fs::path daemon_announcement(int port) {
  const fs::path state = user_state_folder();
  return state.empty() ? state : state / "daemons" / std::to_string(port);
}

}  // namespace mkt
