// What a client of a port with TLS sends first, up to the end of its handshake.
#pragma once

#include "daemon/http/connection.h"
#include "daemon/http/tls_gate.h"

namespace mkt {

enum class Greeting {
  waiting,    // for more of it, or to send; see Connection::awaited
  encrypted,  // the handshake is done
  plain,      // a request without TLS
  failed,
};

// Goes on with it, without waiting, and counts it when it has ended. Nothing but the socket is held
// for a client that has sent nothing yet.
Greeting go_on_greeting(Connection& connection, TlsGate& gate);

}  // namespace mkt
