// Tells systemd the daemon's state by the protocol of sd_notify(3): datagrams to $NOTIFY_SOCKET.
#pragma once

#include <string_view>

namespace mkt {

// Such as "READY=1", "STOPPING=1", "STATUS=…". Does nothing where systemd did not start the daemon.
void notify_systemd(std::string_view state);

// "RELOADING=1", with the time that systemd requires.
void notify_systemd_reloading();

}  // namespace mkt
