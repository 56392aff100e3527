// Listening sockets: of addresses, of paths, and those that systemd hands over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/files.h"
#include "common/base/result.h"

namespace mkt {

struct Listener {
  UniqueFd socket;
  bool is_local = false;  // a Unix socket
  std::string url;        // "http://127.0.0.1:3456"; "unix:/run/mktd.sock"
  std::string host;       // "127.0.0.1"; empty for a Unix socket
};

// "HOST:PORT", port 0 for a free one, or "unix:PATH", a socket of mode 0660 that takes the place of
// one nobody listens on. usage_error for an address that is malformed or taken.
Result<Listener> open_listener(std::string_view address);

// What systemd opened for this process (sd_listen_fds(3)); none where it did not start it so.
std::vector<Listener> activated_listeners();

}  // namespace mkt
