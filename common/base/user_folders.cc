// XDG folders; see user_folders.h.
#include "common/base/user_folders.h"

#include <cstdlib>
#include <string>

namespace mkt {
namespace {

namespace fs = std::filesystem;

// A relative value must be ignored, says the specification.
fs::path folder(const char* variable, const char* below_home) {
  const char* value = std::getenv(variable);
  if (value != nullptr && fs::path(value).is_absolute()) return fs::path(value) / "mkt";
  const char* home = std::getenv("HOME");
  return fs::path(home != nullptr ? home : "/") / below_home / "mkt";
}

}  // namespace

fs::path user_config_folder() { return folder("XDG_CONFIG_HOME", ".config"); }
fs::path user_state_folder() { return folder("XDG_STATE_HOME", ".local/state"); }
fs::path user_cache_folder() { return folder("XDG_CACHE_HOME", ".cache"); }

fs::path daemon_announcement(int port) {
  return user_state_folder() / "daemons" / std::to_string(port);
}

}  // namespace mkt
