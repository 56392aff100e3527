// TlsSession: TLS on a client's socket, which never waits.
//
// It moves bytes as the system's calls do, so that a connection uses the one where it would use the
// other. A call that cannot go on sets errno to EAGAIN, and `awaited` says what the socket must
// become ready for. The socket stays the caller's and must outlive the session. Use from one thread
// at a time.
#pragma once

#include <openssl/types.h>
#include <poll.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "daemon/http/tls_context.h"

namespace mkt {

class TlsSession {
 public:
  // The most that one record holds (RFC 8446 section 5.1).
  static constexpr std::size_t kRecordBytes = 16 * 1024;

  // The server's side. Null where there is no memory for it.
  static std::unique_ptr<TlsSession> accept(const TlsContext& context, int socket);

  // Messages of the handshake after it: changes of keys (RFC 8446 section 4.6.3), each of which
  // costs this side a new key and an answer, or wishes to renegotiate. A client that keeps to the
  // standard changes keys after some hundred gigabytes.
  static constexpr int kMostMessages = 32;

  enum class Handshake { done, waiting, failed };
  Handshake shake_hands();

  // As recv(2): 0 after the client's end, -1 with errno. Reads one record, which may be one without
  // bytes for the caller: then EAGAIN, and `has_more` says whether to call again. A client that
  // begins the handshake's messages too often (kMostMessages) has failed.
  ssize_t receive(std::span<char> into);
  // As send(2), of at most kRecordBytes, all or none. After EAGAIN, the next call must begin with
  // the same bytes.
  ssize_t send(std::string_view bytes);
  // As sendfile(2), where the kernel encrypts for this session.
  bool sends_files() const;
  ssize_t send_file(int file, off_t offset, std::size_t size);

  // True where `receive` may have more although the socket has nothing new.
  bool has_more() const { return has_more_; }
  // POLLIN or POLLOUT, which epoll knows by the same numbers.
  short awaited() const { return awaited_; }

  // Tells the client that nothing follows (close_notify), so that it need not take the end of the
  // connection for an attack. Not after a failure.
  void end();
  // Whatever is called from now on fails.
  void give_up() { failed_ = true; }

 private:
  struct Release {
    void operator()(SSL* ssl) const;
  };
  explicit TlsSession(SSL* ssl) : ssl_(ssl) {}
  ssize_t stopped(int result);
  static void on_message(int is_sent, int version, int type, const void* bytes, std::size_t size,
                         SSL* ssl, void* session);

  std::unique_ptr<SSL, Release> ssl_;
  short awaited_ = POLLIN;
  bool has_more_ = false;
  bool failed_ = false;
  bool greeted_ = false;
  int messages_ = 0;  // after the handshake
};

}  // namespace mkt
