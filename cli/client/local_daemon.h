// The daemon of this user that runs on this machine, and its admin token.
//
// mktd leaves `$XDG_STATE_HOME/mkt/daemons/<port>` for as long as it runs: a file that names its
// data folder (daemon/ops/discovery.h). A port alone proves nothing, since another user may listen
// on the same port of another loopback address. So the announcement is believed only where
//   - it, the data folder's `mktd.url` and `admin.token` are this user's, and nobody else may write
//     them;
//   - the folder's LOCK is held, so the daemon runs;
//   - `mktd.url` names the very address of the registry. For `localhost`, which may be either
//     loopback address, it names the one to connect to;
//   - the process that listens there is this user's or root's, where the system tells
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
  std::string url;          // as mktd.url has it: "http://127.0.0.1:3456"
  std::string admin_token;  // empty where the file is gone
};

// nullopt where there is none at that origin, or one that is not to be believed.
std::optional<LocalDaemon> local_daemon(const std::string& origin);

// Who listens at that port of a loopback address ("127.0.0.1" or "::1"), itself or by listening on
// all addresses, by the texts of /proc/net/tcp and /proc/net/tcp6. Empty where nobody does.
std::vector<uid_t> listeners_of(std::istream& v4, std::istream& v6, std::string_view host,
                                int port);

}  // namespace mkt
