// Telling systemd how the daemon is, by the protocol of sd_notify(3): datagrams to $NOTIFY_SOCKET.
#pragma once

#include <string_view>

namespace mkt {

// "READY=1", "STOPPING=1", "STATUS=…". Nothing where systemd did not start the daemon.
void notify_systemd(std::string_view state);

// "RELOADING=1" with the time that systemd wants beside it.
void notify_systemd_reloading();

}  // namespace mkt
