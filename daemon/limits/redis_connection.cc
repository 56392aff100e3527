// A socket, perhaps with TLS, and hiredis's reader.
#include "daemon/limits/redis_connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::size_t kReplyBytes = 16 * 1024;
constexpr std::size_t kMaxReplyShown = 200;

Error broken(std::string_view what) {
  return Error(ErrorCode::registry_unavailable,
               fmt::format("the connection to Redis failed: {}", what));
}

Error broken_by_system() { return broken(std::strerror(errno)); }

Error too_late() { return Error(ErrorCode::timed_out, "Redis did not answer in time"); }

// "certificate verify failed" does not say what is wrong; the verification result does.
Error tls_failed(const SSL* tls) {
  if (const long verdict = ::SSL_get_verify_result(tls); verdict != X509_V_OK) {
    return broken(fmt::format("TLS: its certificate is not accepted: {}",
                              ::X509_verify_cert_error_string(verdict)));
  }
  const char* reason = ::ERR_reason_error_string(::ERR_peek_last_error());
  return broken(fmt::format("TLS: {}", reason != nullptr ? reason : "the server closed it"));
}

Status wait_on(int fd, short events, RedisConnection::Deadline deadline) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return too_late();
    pollfd polled{fd, events, 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(left.count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return broken_by_system();
  }
}

Result<UniqueFd> connect_to(const sockaddr* address, socklen_t size, int family,
                            RedisConnection::Deadline deadline) {
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return broken_by_system();
  if (::connect(fd.get(), address, size) != 0) {
    if (errno != EINPROGRESS) return broken_by_system();
    MKT_CHECK(wait_on(fd.get(), POLLOUT, deadline));
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return broken(std::strerror(error));
  }
  if (family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return fd;
}

Result<UniqueFd> connect_to_socket(const std::string& path, RedisConnection::Deadline deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return broken("the path of its socket is too long");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, AF_UNIX, deadline);
}

Result<UniqueFd> connect_to_host(const RedisUrl& url, RedisConnection::Deadline deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found);
  if (error != 0) return broken(::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  Result<UniqueFd> last = broken("its name has no address");
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    last = connect_to(a->ai_addr, a->ai_addrlen, a->ai_family, deadline);
    if (last) break;
  }
  return last;
}

}  // namespace

void RedisReplyDeleter::operator()(redisReply* reply) const { ::freeReplyObject(reply); }
void RedisConnection::TlsDeleter::operator()(ssl_st* tls) const { ::SSL_free(tls); }
void RedisConnection::TlsDeleter::operator()(ssl_ctx_st* context) const { ::SSL_CTX_free(context); }
void RedisConnection::ReaderDeleter::operator()(redisReader* reader) const {
  ::redisReaderFree(reader);
}

std::string redis_command(const std::vector<std::string_view>& words) {
  std::vector<const char*> starts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    starts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* text = nullptr;
  const int size =
      ::redisFormatCommandArgv(&text, static_cast<int>(words.size()), starts.data(), sizes.data());
  if (size < 0) return {};
  const std::unique_ptr<char, decltype(&::redisFreeCommand)> owned(text, &::redisFreeCommand);
  return {text, static_cast<std::size_t>(size)};
}

RedisConnection::RedisConnection(UniqueFd socket)
    : socket_(std::move(socket)), reader_(::redisReaderCreate()) {}

RedisConnection::~RedisConnection() = default;

Result<std::unique_ptr<RedisConnection>> RedisConnection::open(const RedisUrl& url,
                                                               Deadline deadline) {
  MKT_TRY(UniqueFd socket, url.socket.empty() ? connect_to_host(url, deadline)
                                              : connect_to_socket(url.socket, deadline));
  std::unique_ptr<RedisConnection> connection(new RedisConnection(std::move(socket)));
  if (url.tls) MKT_CHECK(connection->start_tls(url.host, deadline));
  if (!url.password.empty()) {
    std::vector<std::string_view> words = {"AUTH"};
    if (!url.user.empty()) words.emplace_back(url.user);
    words.emplace_back(url.password);
    MKT_TRY(const RedisReply signed_in, connection->call(words, deadline));
  }
  if (url.database != 0) {
    MKT_TRY(const RedisReply chosen,
            connection->call({"SELECT", std::to_string(url.database)}, deadline));
  }
  return connection;
}

Status RedisConnection::start_tls(const std::string& host, Deadline deadline) {
  context_.reset(::SSL_CTX_new(::TLS_client_method()));
  if (!context_ || ::SSL_CTX_set_default_verify_paths(context_.get()) != 1 ||
      ::SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION) != 1) {
    return broken("TLS could not be prepared");
  }
  ::SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  ::SSL_CTX_set_mode(context_.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  tls_.reset(::SSL_new(context_.get()));
  std::string name = host;
  // An address is verified as an address, a name as a name (which the server is also told, RFC
  // 6066).
  X509_VERIFY_PARAM* const parameters = tls_ ? ::SSL_get0_param(tls_.get()) : nullptr;
  const bool is_address =
      parameters != nullptr && ::X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1;
  if (!tls_ || ::SSL_set_fd(tls_.get(), socket_.get()) != 1 ||
      (!is_address && (::SSL_set1_host(tls_.get(), host.c_str()) != 1 ||
                       ::SSL_ctrl(tls_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME,
                                  TLSEXT_NAMETYPE_host_name, name.data()) != 1))) {
    return broken("TLS could not be prepared");
  }
  for (;;) {
    ::ERR_clear_error();
    const int done = ::SSL_connect(tls_.get());
    if (done == 1) return {};
    const int error = ::SSL_get_error(tls_.get(), done);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      return tls_failed(tls_.get());
    }
    MKT_CHECK(wait(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline));
  }
}

Status RedisConnection::wait(short events, Deadline deadline) const {
  return wait_on(socket_.get(), events, deadline);
}

Result<std::size_t> RedisConnection::write_some(std::string_view bytes, short& wait_for) {
  if (tls_) {
    const std::lock_guard lock(tls_mutex_);
    ::ERR_clear_error();
    std::size_t written = 0;
    const int done = ::SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &written);
    if (done == 1) return written;
    const int error = ::SSL_get_error(tls_.get(), done);
    wait_for = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return std::size_t{0};
    return broken("TLS failed while sending");
  }
  const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n >= 0) return static_cast<std::size_t>(n);
  wait_for = POLLOUT;
  if (errno == EAGAIN || errno == EINTR) return std::size_t{0};
  return broken_by_system();
}

Result<std::size_t> RedisConnection::read_some(char* into, std::size_t size, short& wait_for) {
  if (tls_) {
    const std::lock_guard lock(tls_mutex_);
    ::ERR_clear_error();
    std::size_t n = 0;
    const int done = ::SSL_read_ex(tls_.get(), into, size, &n);
    if (done == 1) return n;
    const int error = ::SSL_get_error(tls_.get(), done);
    wait_for = error == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return std::size_t{0};
    return broken("Redis closed it");
  }
  const ssize_t n = ::recv(socket_.get(), into, size, 0);
  if (n > 0) return static_cast<std::size_t>(n);
  if (n == 0) return broken("Redis closed it");
  wait_for = POLLIN;
  if (errno == EAGAIN || errno == EINTR) return std::size_t{0};
  return broken_by_system();
}

void RedisConnection::shut() { ::shutdown(socket_.get(), SHUT_RDWR); }

Status RedisConnection::send(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    short wait_for = POLLOUT;
    MKT_TRY(const std::size_t n, write_some(bytes, wait_for));
    bytes.remove_prefix(n);
    if (n == 0) MKT_CHECK(wait(wait_for, deadline));
  }
  return {};
}

Result<RedisReply> RedisConnection::read(Deadline deadline) {
  for (;;) {
    void* reply = nullptr;
    if (::redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
      return broken("its answer does not follow the protocol");
    }
    if (reply != nullptr) return RedisReply(static_cast<redisReply*>(reply));
    std::array<char, kReplyBytes> buffer;
    short wait_for = POLLIN;
    MKT_TRY(const std::size_t n, read_some(buffer.data(), buffer.size(), wait_for));
    if (n == 0) {
      MKT_CHECK(wait(wait_for, deadline));
    } else if (::redisReaderFeed(reader_.get(), buffer.data(), n) != REDIS_OK) {
      return broken("its answer does not follow the protocol");
    }
  }
}

Result<RedisReply> RedisConnection::call(const std::vector<std::string_view>& words,
                                         Deadline deadline) {
  MKT_CHECK(send(redis_command(words), deadline));
  MKT_TRY(RedisReply reply, read(deadline));
  if (reply->type == REDIS_REPLY_ERROR) {
    const std::string_view text(reply->str,
                                std::min(static_cast<std::size_t>(reply->len), kMaxReplyShown));
    return Error(ErrorCode::registry_unavailable,
                 fmt::format("Redis refuses {}: {}", words.front(), printable(text)));
  }
  return reply;
}

}  // namespace mkt
