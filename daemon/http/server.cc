// epoll, workers, and cpp-httplib as the writer of answers; see server.h.
#include "daemon/http/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <httplib.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "common/base/encoding.h"
#include "daemon/http/connection.h"

namespace mkt {
namespace {

using Clock = Connection::Clock;

constexpr std::size_t kMaxConnections = 16'384;
constexpr std::size_t kMaxQueued = 4'096;
constexpr int kBacklog = 1'024;
constexpr std::chrono::seconds kHeadTime{10};
constexpr std::chrono::seconds kIdleTime{60};
constexpr std::chrono::seconds kDrainTime{30};
constexpr int kTickMs = 500;
// What a handler left unread of a body is read and dropped up to here; beyond, the connection goes.
constexpr std::uint64_t kMaxDrainBytes = 256 * 1024;
constexpr std::size_t kFileChunk = 256 * 1024;
constexpr std::size_t kWriteBuffer = 16 * 1024;

unsigned worker_count() { return std::max(8U, 2 * std::thread::hardware_concurrency()); }

class ConnectionBody : public BodyReader {
 public:
  ConnectionBody(Connection& connection, const RequestHead& head)
      : connection_(connection),
        length_(head.content_length.value_or(0)),
        left_(length_),
        must_continue_(head.expects_continue && length_ > 0) {}

  std::uint64_t length() const override { return length_; }
  std::uint64_t left() const { return left_; }
  bool untouched_expectation() const { return must_continue_; }

  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    if (left_ == 0 || into.empty()) return std::size_t{0};
    if (must_continue_) {
      must_continue_ = false;
      connection_.write("HTTP/1.1 100 Continue\r\n\r\n");
    }
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(left_, into.size()));
    MKT_TRY(const std::size_t n, connection_.read(into.first(want)));
    left_ -= n;
    return n;
  }

 private:
  Connection& connection_;
  std::uint64_t length_;
  std::uint64_t left_;
  bool must_continue_;
};

// What cpp-httplib reads and writes: in, a head of our own making; out, the connection, buffered so
// that a small answer leaves in one packet.
class AnswerStream : public httplib::Stream {
 public:
  AnswerStream(Connection& connection, std::string_view head)
      : connection_(connection), head_(head) {}

  bool is_readable() const override { return !head_.empty(); }
  bool is_writable() const override { return ok_; }
  ssize_t read(char* into, std::size_t size) override {
    const std::size_t n = std::min(size, head_.size());
    std::copy_n(head_.data(), n, into);
    head_.remove_prefix(n);
    return static_cast<ssize_t>(n);
  }
  ssize_t write(const char* bytes, std::size_t size) override {
    if (out_.size() + size > kWriteBuffer) flush();
    if (size > kWriteBuffer) {
      ok_ = ok_ && connection_.write({bytes, size});
    } else {
      out_.append(bytes, size);
    }
    return ok_ ? static_cast<ssize_t>(size) : -1;
  }
  bool flush() {
    if (!out_.empty()) ok_ = ok_ && connection_.write(out_);
    out_.clear();
    return ok_;
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = connection_.address();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return connection_.fd(); }

 private:
  Connection& connection_;
  std::string_view head_;
  std::string out_;
  bool ok_ = true;
};

// Hands a ready answer to cpp-httplib to be written.
class AnswerWriter : public httplib::Server {
 public:
  AnswerWriter() {
    // The library takes a server without a socket for one that shuts down, and stops sending files.
    svr_sock_ = 0;
    set_pre_routing_handler([](const httplib::Request&, httplib::Response& out) {
      fill(out, *current_);
      return HandlerResponse::Handled;
    });
  }

  // False when the client did not get all of it.
  bool write(Connection& connection, std::string_view method, Response& answer, bool close) {
    const std::string head = fmt::format("{} / HTTP/1.1\r\n\r\n", method == "HEAD" ? "HEAD" : "GET");
    AnswerStream stream(connection, head);
    current_ = &answer;
    bool closed = false;
    const bool written = process_request(stream, close, closed, nullptr);
    current_ = nullptr;
    return stream.flush() && written;
  }

 private:
  static void fill(httplib::Response& out, Response& answer) {
    out.status = answer.status;
    for (const auto& [name, value] : answer.headers) out.set_header(name, value);
    if (!answer.file) {
      if (!answer.content_type.empty()) out.set_content(std::move(answer.body), answer.content_type);
      return;
    }
    const FileBody& file = *answer.file;
    out.set_content_provider(
        static_cast<std::size_t>(file.length), answer.content_type,
        [&file](std::size_t offset, std::size_t length, httplib::DataSink& sink) noexcept {
          thread_local std::vector<char> chunk(kFileChunk);
          const std::size_t want = std::min(length, chunk.size());
          const auto n = read_at(file.file.get(),
                                 {reinterpret_cast<std::uint8_t*>(chunk.data()), want},
                                 file.offset + offset, "the tarball");
          return n && *n > 0 && sink.write(chunk.data(), *n);
        });
  }

  static thread_local Response* current_;
};

thread_local Response* AnswerWriter::current_ = nullptr;

struct Address {
  std::string host;
  std::string port;
};

std::optional<Address> split_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return std::nullopt;
  return Address{std::string(host), std::string(text.substr(colon + 1))};
}

std::string numeric_host(const sockaddr_storage& address, socklen_t size) {
  char host[NI_MAXHOST] = "unknown";
  ::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host, sizeof host, nullptr, 0,
                NI_NUMERICHOST);
  return host;
}

int bound_port(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace

struct HttpServer::Impl {
  Impl(Application a, AccessLog l)
      : application(std::move(a)),
        log(std::move(l)),
        epoll(::epoll_create1(EPOLL_CLOEXEC)),
        wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  // The epoll thread. ----------------------------------------------------------------------------

  void run() {
    watch(wake.get(), EPOLLIN);
    for (const UniqueFd& listener : listeners) watch(listener.get(), EPOLLIN);
    for (unsigned i = 0; i < worker_count(); ++i) workers.emplace_back([this] { work(); });
    auto next_sweep = Clock::now() + std::chrono::milliseconds(kTickMs);
    while (!stopping) {
      wait_for_events();
      if (Clock::now() >= next_sweep) {
        close_late_ones();
        next_sweep = Clock::now() + std::chrono::milliseconds(kTickMs);
      }
    }
    drain();
    {
      const std::lock_guard lock(queue_mutex);
      workers_stop = true;
    }
    queue_ready.notify_all();
    for (std::thread& worker : workers) worker.join();
  }

  void watch(int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event);
  }

  void wait_for_events() {
    std::array<epoll_event, 256> events{};
    const int n = ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), kTickMs);
    for (int i = 0; i < n; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == wake.get()) {
        std::uint64_t unused = 0;
        (void)!::read(fd, &unused, sizeof unused);
      } else if (is_listener(fd)) {
        accept_from(fd);
      } else {
        receive(fd);
      }
    }
  }

  bool is_listener(int fd) const {
    return std::any_of(listeners.begin(), listeners.end(),
                       [fd](const UniqueFd& l) { return l.get() == fd; });
  }

  void accept_from(int listener) {
    for (;;) {
      sockaddr_storage address{};
      socklen_t size = sizeof address;
      UniqueFd socket(::accept4(listener, reinterpret_cast<sockaddr*>(&address), &size,
                                SOCK_NONBLOCK | SOCK_CLOEXEC));
      // Whatever the reason, the listener stays: the next round tries again.
      if (!socket) return;
      const int on = 1;
      ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const int fd = socket.get();
      auto connection =
          std::make_shared<Connection>(std::move(socket), numeric_host(address, size));
      connection->deadline = Clock::now() + kHeadTime;
      {
        const std::lock_guard lock(connections_mutex);
        if (connections.size() >= kMaxConnections) continue;  // closes it
        connections.emplace(fd, connection);
      }
      watch(fd, EPOLLIN | EPOLLRDHUP | EPOLLONESHOT);
    }
  }

  std::shared_ptr<Connection> find(int fd) {
    const std::lock_guard lock(connections_mutex);
    const auto it = connections.find(fd);
    return it == connections.end() ? nullptr : it->second;
  }

  void receive(int fd) {
    const std::shared_ptr<Connection> connection = find(fd);
    if (!connection || connection->busy) return;
    switch (connection->receive_head()) {
      case Connection::Received::more:
        if (connection->deadline.load() > Clock::now() + kHeadTime) {
          connection->deadline = Clock::now() + kHeadTime;  // its head has begun
        }
        rearm(*connection);
        return;
      case Connection::Received::closed:
        close(*connection);
        return;
      case Connection::Received::too_large:
      case Connection::Received::head_complete:
        break;
    }
    connection->busy = true;
    enqueue(connection);
  }

  void rearm(Connection& connection) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
    event.data.fd = connection.fd();
    ::epoll_ctl(epoll.get(), EPOLL_CTL_MOD, connection.fd(), &event);
  }

  void close(const Connection& connection) {
    const std::lock_guard lock(connections_mutex);
    connections.erase(connection.fd());
  }

  void close_late_ones() {
    const auto now = Clock::now();
    const std::lock_guard lock(connections_mutex);
    std::erase_if(connections, [&](const auto& entry) {
      const Connection& c = *entry.second;
      return !c.busy && c.deadline.load() < now;
    });
  }

  void drain() {
    listeners.clear();
    const auto until = Clock::now() + kDrainTime;
    for (;;) {
      {
        const std::lock_guard lock(connections_mutex);
        std::erase_if(connections, [](const auto& entry) { return !entry.second->busy; });
        if (connections.empty()) return;
        if (Clock::now() > until) {
          for (auto& [fd, connection] : connections) ::shutdown(fd, SHUT_RDWR);
          return;
        }
      }
      pollfd waiting{wake.get(), POLLIN, 0};
      ::poll(&waiting, 1, 20);
    }
  }

  // The workers. ---------------------------------------------------------------------------------

  void enqueue(std::shared_ptr<Connection> connection) {
    {
      const std::lock_guard lock(queue_mutex);
      if (queue.size() < kMaxQueued) {
        queue.push_back(std::move(connection));
        queue_ready.notify_one();
        return;
      }
    }
    connection->write(
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
        "Connection: close\r\n\r\n");
    close(*connection);
  }

  void work() {
    for (;;) {
      std::shared_ptr<Connection> connection;
      {
        std::unique_lock lock(queue_mutex);
        queue_ready.wait(lock, [this] { return workers_stop || !queue.empty(); });
        if (queue.empty()) return;
        connection = std::move(queue.front());
        queue.pop_front();
      }
      bool open = true;
      do {
        open = answer(*connection) && !stopping;
      } while (open && connection->has_head());
      if (!open) {
        close(*connection);
        continue;
      }
      connection->deadline = Clock::now() + kIdleTime;
      connection->busy = false;
      rearm(*connection);
    }
  }

  // One request; true when the connection may be used for another.
  bool answer(Connection& connection) {
    const auto started = Clock::now();
    const std::string request_id = random_hex(8);
    const bool too_large = !connection.has_head() || connection.head().size() > kMaxHeadBytes;
    Result<RequestHead> head =
        too_large ? Error(ErrorCode::headers_too_large,
                          fmt::format("the request's head has more than {} bytes", kMaxHeadBytes))
                  : RequestHead::parse(connection.head());
    AccessRecord record;
    record.request_id = request_id;
    record.address = connection.address();
    bool open = false;
    Response response;
    if (!head) {
      response = error_response(head.error(), request_id);
      record.method = "-";
      record.path = "-";
      record.status = response.status;
      respond(connection, "GET", response, request_id, true);
    } else {
      ConnectionBody body(connection, *head);
      response = application(*head, body, connection.address(), request_id);
      record.method = head->method;
      record.path = head->path;
      record.status = response.status;
      record.request_bytes = body.length();
      // The next request begins where this body ends: read it away, or end the connection.
      open = head->keep_alive && !stopping && !body.untouched_expectation() &&
             body.left() <= kMaxDrainBytes && drain_body(body);
      open = respond(connection, head->method, response, request_id, !open) && open;
      if (body.left() > 0) linger(connection);
      if (open) connection.next_request();
    }
    record.duration =
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - started);
    log(record);
    return open;
  }

  bool respond(Connection& connection, std::string_view method, Response& response,
               const std::string& request_id, bool close_after) {
    response.headers.emplace_back("X-Request-Id", request_id);
    response.headers.emplace_back("X-Content-Type-Options", "nosniff");
    return writer.write(connection, method, response, close_after);
  }

  static bool drain_body(ConnectionBody& body) {
    std::array<std::uint8_t, 16 * 1024> unused{};
    while (body.left() > 0) {
      if (!body.read(unused)) return false;
    }
    return true;
  }

  // A close with unread bytes resets the connection, and the client may lose the answer that told
  // it why. So: say that no more will come, and let it read for a moment.
  static void linger(Connection& connection) {
    ::shutdown(connection.fd(), SHUT_WR);
    std::array<char, 16 * 1024> unused{};
    const auto until = Clock::now() + std::chrono::seconds(1);
    while (Clock::now() < until) {
      pollfd waiting{connection.fd(), POLLIN, 0};
      if (::poll(&waiting, 1, 200) <= 0) return;
      if (::recv(connection.fd(), unused.data(), unused.size(), MSG_DONTWAIT) <= 0) return;
    }
  }

  Application application;
  AccessLog log;
  AnswerWriter writer;
  UniqueFd epoll;
  UniqueFd wake;
  std::vector<UniqueFd> listeners;
  std::string url;
  std::atomic<bool> stopping = false;

  std::mutex connections_mutex;
  // By descriptor; guarded by connections_mutex.
  std::unordered_map<int, std::shared_ptr<Connection>> connections;

  std::mutex queue_mutex;
  std::condition_variable queue_ready;
  std::deque<std::shared_ptr<Connection>> queue;  // guarded by queue_mutex
  bool workers_stop = false;                      // guarded by queue_mutex
  std::vector<std::thread> workers;
};

HttpServer::HttpServer(Application application, AccessLog log)
    : impl_(std::make_unique<Impl>(std::move(application), std::move(log))) {}
HttpServer::~HttpServer() = default;

Status HttpServer::listen(std::string_view text) {
  const auto address = split_address(text);
  if (!address) {
    return Error(ErrorCode::usage_error,
                 fmt::format("\"{}\" is not an address to listen on; write HOST:PORT such as "
                             "127.0.0.1:3456",
                             text));
  }
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int failed = ::getaddrinfo(address->host.c_str(), address->port.c_str(), &hints, &found);
      failed != 0) {
    return Error(ErrorCode::usage_error,
                 fmt::format("cannot listen on {}: {}", text, ::gai_strerror(failed)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  UniqueFd socket(::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (socket) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!socket || ::bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    const int reason = errno;
    return Error(ErrorCode::usage_error,
                 fmt::format("cannot listen on {}: {}", text,
                             reason == EADDRINUSE ? "another program listens there already"
                                                  : std::generic_category().message(reason)));
  }
  const bool is_v6 = found->ai_family == AF_INET6;
  if (impl_->url.empty()) {
    impl_->url = fmt::format("http://{}{}{}:{}", is_v6 ? "[" : "", address->host,
                             is_v6 ? "]" : "", bound_port(socket.get()));
  }
  impl_->listeners.push_back(std::move(socket));
  return {};
}

const std::string& HttpServer::url() const { return impl_->url; }

void HttpServer::run() { impl_->run(); }

void HttpServer::stop() {
  impl_->stopping = true;
  const std::uint64_t one = 1;
  (void)!::write(impl_->wake.get(), &one, sizeof one);
}

}  // namespace mkt
