// LocalDaemon: this user's daemon on this machine, and its admin token.
//
// While it runs, mktd keeps `$XDG_STATE_HOME/mkt/daemons/<port>`, a file with the path of its data
// folder (daemon/ops/discovery.h). A port alone proves nothing, as another user may listen on the
// same port of another loopback address. So the file is trusted only where
//   - it and the data folder's `mktd.url` and `admin.token` belong to this user, and nobody else
//     may write them;
//   - the folder's LOCK is held, so the daemon runs;
//   - `mktd.url` has exactly the registry's address. For `localhost`, which may be either loopback
//     address, it says which one to connect to;
//   - the process that listens there belongs to this user or to root, where the system tells
//     (/proc/net/tcp, /proc/net/tcp6).
#pragma once

#include <sys/types.h>

#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mkt {

struct LocalDaemon {
  std::string url;          // from mktd.url: "http://127.0.0.1:3456"
  std::string admin_token;  // empty where the file is missing
};

// nullopt where there is none at that origin, or none that can be trusted.
std::optional<LocalDaemon> local_daemon(const std::string& origin);

// The owners of the sockets that listen at that port of a loopback address ("127.0.0.1" or "::1"),
// directly or on all addresses, from the texts of /proc/net/tcp and /proc/net/tcp6. Empty where
// nobody listens.
std::vector<uid_t> listeners_of(std::istream& v4, std::istream& v6, std::string_view host,
                                int port);

}  // namespace mkt
