#include "daemon/http/greeting.h"

#include <sys/socket.h>

#include <cerrno>

namespace mkt {
namespace {

// The type of the record with a ClientHello, RFC 8446 section 5.1.
constexpr char kHandshake = 22;

// By the first byte, which stays where it is.
Greeting begun_greeting(Connection& c, TlsGate& gate) {
  char first = 0;
  const ssize_t n = ::recv(c.fd(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
  if (n < 0) return errno == EAGAIN || errno == EINTR ? Greeting::waiting : Greeting::failed;
  if (n == 0) return Greeting::failed;
  if (first >= 'A' && first <= 'Z') return Greeting::plain;  // a method
  if (first != kHandshake) return Greeting::failed;
  c.set_tls(gate.accept(c.fd()));
  return c.tls() == nullptr ? Greeting::failed : Greeting::waiting;
}

Greeting shaken_hands(TlsSession& tls) {
  switch (tls.shake_hands()) {
    case TlsSession::Handshake::waiting:
      return Greeting::waiting;
    case TlsSession::Handshake::done:
      return Greeting::encrypted;
    case TlsSession::Handshake::failed:
      break;
  }
  return Greeting::failed;
}

}  // namespace

Greeting go_on_greeting(Connection& c, TlsGate& gate) {
  Greeting greeting = c.tls() == nullptr ? begun_greeting(c, gate) : Greeting::waiting;
  if (c.tls() != nullptr) greeting = shaken_hands(*c.tls());
  if (greeting != Greeting::waiting) gate.count(greeting == Greeting::encrypted);
  return greeting;
}

}  // namespace mkt
