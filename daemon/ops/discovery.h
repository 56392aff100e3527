// How the CLI of the same user on the same machine finds a running daemon's data folder.
//
// The daemon leaves `$XDG_STATE_HOME/mkt/daemons/<port>` (0600), a file that names its data folder,
// for as long as it runs; mkt reads it when the registry is a loopback address. See
// cli/client/local_daemon.h for what it checks before it believes it.
#pragma once

#include <filesystem>
#include <string_view>

#include "common/base/result.h"

namespace mkt {

class Announcement {
 public:
  // A daemon that cannot announce itself (no home, read-only) works without.
  Announcement(std::string_view url, const std::filesystem::path& data);
  ~Announcement();
  Announcement(const Announcement&) = delete;
  Announcement& operator=(const Announcement&) = delete;

 private:
  std::filesystem::path file_;
};

}  // namespace mkt
