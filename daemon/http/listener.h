// Listening sockets: for addresses, for paths, and those that systemd passes to the daemon.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/files.h"
#include "common/base/result.h"

namespace mkt {

// How an address of a listener with TLS begins.
inline constexpr std::string_view kHttpsScheme = "https://";

struct Listener {
  UniqueFd socket;
  bool is_local = false;  // a Unix socket
  bool speaks_tls = false;
  std::string url;           // "http://127.0.0.1:3456", "https://…"; "unix:/run/mktd.sock"
  std::string host;          // "127.0.0.1"; empty for a Unix socket
  bool is_systemds = false;  // it outlives the daemon
};

// "HOST:PORT", with port 0 for a free one, or "https://HOST:PORT" for TLS; or "unix:PATH", a socket
// of mode 0660, which replaces a socket that nobody listens on. usage_error for an address that is
// malformed or in use.
Result<Listener> open_listener(std::string_view address);

// The sockets that systemd opened for this process (sd_listen_fds(3)); none where it opened none.
// One that its unit names "https" (FileDescriptorName) speaks TLS.
std::vector<Listener> activated_listeners();

}  // namespace mkt
