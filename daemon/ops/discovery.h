// Tells the same user's CLI on this machine where a running daemon's data folder is.
//
// While it runs, the daemon keeps the file `$XDG_STATE_HOME/mkt/daemons/<port>` (0600) with the
// path of its data folder. mkt reads it when the registry has a loopback address. For what it
// checks before it trusts the file, see cli/client/local_daemon.h.
#pragma once

#include <filesystem>
#include <string_view>

#include "common/base/result.h"

namespace mkt {

class Announcement {
 public:
  // A daemon that cannot announce itself (no home, read-only) still works.
  Announcement(std::string_view url, const std::filesystem::path& data);
  ~Announcement();
  Announcement(const Announcement&) = delete;
  Announcement& operator=(const Announcement&) = delete;

 private:
  std::filesystem::path file_;
};

}  // namespace mkt
