// TLS by OpenSSL. It keeps errors in a queue for each thread, which must be empty before a call, or
// one connection's error would be taken for another's.
#include "daemon/http/tls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>

namespace mkt {

void TlsSession::Release::operator()(SSL* ssl) const { ::SSL_free(ssl); }

std::unique_ptr<TlsSession> TlsSession::accept(const TlsContext& context, int socket) {
  std::unique_ptr<TlsSession> session(new TlsSession(::SSL_new(context.get())));
  if (!session->ssl_ || ::SSL_set_fd(session->ssl_.get(), socket) != 1) return nullptr;
  ::SSL_set_accept_state(session->ssl_.get());
  ::SSL_set_msg_callback(session->ssl_.get(), on_message);
  ::SSL_set_msg_callback_arg(session->ssl_.get(), session.get());
  return session;
}

void TlsSession::on_message(int is_sent, int, int type, const void*, std::size_t, SSL*,
                            void* session) {
  TlsSession& self = *static_cast<TlsSession*>(session);
  if (self.greeted_ && is_sent == 0 && type == SSL3_RT_HANDSHAKE) ++self.messages_;
}

TlsSession::Handshake TlsSession::shake_hands() {
  ::ERR_clear_error();
  const int result = ::SSL_do_handshake(ssl_.get());
  if (result == 1) {
    greeted_ = true;
    awaited_ = POLLIN;
    has_more_ = ::SSL_has_pending(ssl_.get()) == 1;
    return Handshake::done;
  }
  return stopped(result) < 0 && errno == EAGAIN ? Handshake::waiting : Handshake::failed;
}

// What a call that moved nothing means.
ssize_t TlsSession::stopped(int result) {
  switch (::SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      awaited_ = POLLIN;
      has_more_ = ::SSL_has_pending(ssl_.get()) == 1;
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_WANT_WRITE:
      awaited_ = POLLOUT;
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    default:
      failed_ = true;
      errno = EPROTO;
      return -1;
  }
}

ssize_t TlsSession::receive(std::span<char> into) {
  has_more_ = false;
  awaited_ = POLLIN;
  if (failed_) {
    errno = EPROTO;
    return -1;
  }
  ::ERR_clear_error();
  std::size_t done = 0;
  const int result = ::SSL_read_ex(ssl_.get(), into.data(), into.size(), &done);
  if (messages_ > kMostMessages) {
    failed_ = true;
    errno = EPROTO;
    return -1;
  }
  if (result != 1) return stopped(result);
  has_more_ = ::SSL_has_pending(ssl_.get()) == 1;
  return static_cast<ssize_t>(done);
}

ssize_t TlsSession::send(std::string_view bytes) {
  awaited_ = POLLIN;
  if (failed_) {
    errno = EPROTO;
    return -1;
  }
  ::ERR_clear_error();
  std::size_t done = 0;
  const int result = ::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &done);
  return result == 1 ? static_cast<ssize_t>(done) : stopped(result);
}

bool TlsSession::sends_files() const { return BIO_get_ktls_send(::SSL_get_wbio(ssl_.get())) != 0; }

ssize_t TlsSession::send_file(int file, off_t offset, std::size_t size) {
  awaited_ = POLLIN;
  ::ERR_clear_error();
  const ossl_ssize_t done = ::SSL_sendfile(ssl_.get(), file, offset, size, 0);
  return done >= 0 ? static_cast<ssize_t>(done) : stopped(static_cast<int>(done));
}

void TlsSession::end() {
  if (failed_ || ::SSL_in_init(ssl_.get()) != 0) return;
  ::ERR_clear_error();
  ::SSL_shutdown(ssl_.get());
}

}  // namespace mkt
