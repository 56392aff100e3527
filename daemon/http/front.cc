// epoll, heads and deadlines.
#include "daemon/http/front.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <limits>

#include "common/base/address_range.h"
#include "daemon/http/greeting.h"

namespace mkt {
namespace {

constexpr int kTickMs = 250;
// For the requests of those who had just connected when it was to stop.
constexpr std::chrono::milliseconds kGrace{100};
// Whoever goes on connecting does not keep it from stopping.
constexpr int kMostAtStop = 4096;
// At most this many requests of one connection are answered before others get their turn.
constexpr int kPipelined = 16;
// Shaking hands takes a front some 200 microseconds, so it leaves the other clients that connect at
// the same time to the other fronts.
constexpr int kGreetingsAtOnce = 1;

// The client's address in its canonical form: a dual-stack socket shows IPv4 clients as mapped.
std::string numeric_host(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text,
                sizeof text);
  } else if (address.ss_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text,
                sizeof text);
  }
  return canonical_address(text).value_or("unknown");
}

}  // namespace

Front::Front(RequestSink& sink, const FrontLimits& limits, ConnectionCount& count, TlsGate* tls)
    : sink_(sink),
      limits_(limits),
      count_(count),
      tls_(tls),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  watch(wake_.get(), EPOLLIN);
}

Front::~Front() = default;

void Front::watch(int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

void Front::rewatch(int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Front::add_listener(const Listener& listener) {
  const int fd = listener.socket.get();
  entrances_.push_back({fd, listener.is_local, listener.speaks_tls, listener.is_systemds});
  // Several fronts share a listener: one of them is woken.
  watch(fd, EPOLLIN | EPOLLEXCLUSIVE);
}

void Front::pause_entrances(bool pause) {
  if (pause == entrances_paused_) return;
  entrances_paused_ = pause;
  for (const Entrance& e : entrances_) {
    if (pause) {
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, e.fd, nullptr);
    } else {
      watch(e.fd, EPOLLIN | EPOLLEXCLUSIVE);
    }
  }
}

// Takes in who has connected already, and refuses everybody else. Without that the system would go
// on to complete connections that nobody accepts, and those clients would wait for nothing.
void Front::close_entrances() {
  for (const Entrance& e : entrances_) {
    if (!e.is_systemds) accept_from(e, kMostAtStop);
  }
  pause_entrances(true);
  for (const Entrance& e : entrances_) {
    if (!e.is_systemds) ::shutdown(e.fd, SHUT_RD);
  }
}

void Front::stop() {
  stopping_ = true;
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
}

void Front::run(std::chrono::milliseconds drain_time) {
  auto next_sweep = Clock::now() + std::chrono::milliseconds(kTickMs);
  Clock::time_point give_up{}, close_idle{};
  for (;;) {
    wait_for_events();
    const auto now = Clock::now();
    if (stopping_) {
      if (give_up == Clock::time_point{}) {
        close_entrances();
        give_up = now + drain_time;
        close_idle = now + kGrace;
      }
      if ((now >= close_idle && drained()) || now > give_up) break;
    }
    if (now >= next_sweep) {
      if (!stopping_) pause_entrances(false);
      close_late_ones();
      sink_.tick();
      next_sweep = now + std::chrono::milliseconds(kTickMs);
    }
  }
  // A worker that is still answering finds its socket shut down.
  for (const auto& connection : connections_) {
    if (connection) ::shutdown(connection->fd(), SHUT_RDWR);
  }
}

// True when nothing is in progress. Closes idle connections on the way.
bool Front::drained() {
  bool in_flight = false;
  for (std::size_t fd = 0; fd < connections_.size(); ++fd) {
    const auto& c = connections_[fd];
    if (!c) continue;
    if (c->phase == Connection::Phase::greeting || has_no_request(c)) {
      close(static_cast<int>(fd));
    } else if (connections_[fd]) {
      in_flight = true;
    }
  }
  return !in_flight;
}

// Looks whether one has just arrived. That may close the connection, and empty its slot.
// NOLINTNEXTLINE(performance-unnecessary-value-param): so it must be held here
bool Front::has_no_request(std::shared_ptr<Connection> connection) {
  const auto is_idle = [&] {
    return !connection->busy && connection->phase == Connection::Phase::reading &&
           connection->is_empty();
  };
  if (!is_idle()) return false;
  read_requests(connection);
  return is_idle();
}

void Front::wait_for_events() {
  std::array<epoll_event, 256> events{};
  const int timeout = stopping_ ? 20 : kTickMs;
  const int n = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
  for (int i = 0; i < n; ++i) {
    const int fd = events[static_cast<std::size_t>(i)].data.fd;
    if (fd == wake_.get()) {
      std::uint64_t unused = 0;
      (void)!::read(fd, &unused, sizeof unused);
      continue;
    }
    const auto entrance = std::find_if(entrances_.begin(), entrances_.end(),
                                       [fd](const Entrance& e) { return e.fd == fd; });
    if (entrance != entrances_.end()) {
      accept_from(*entrance,
                  entrance->speaks_tls ? kGreetingsAtOnce : std::numeric_limits<int>::max());
    } else {
      on_event(fd);
    }
  }
}

void Front::accept_from(const Entrance& entrance, int most) {
  const bool is_local = entrance.is_local;
  for (int i = 0; i < most; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    UniqueFd socket(::accept4(entrance.fd, reinterpret_cast<sockaddr*>(&address), &size,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      // Out of descriptors or memory: the listener stays ready, so look away until the next sweep.
      if (errno != EAGAIN && errno != EWOULDBLOCK) pause_entrances(true);
      return;
    }
    Peer peer{is_local ? "unix" : numeric_host(address), is_local};
    using Clients = ConnectionCount::Clients;
    const Clients behind = is_local || sink_.is_shared(peer) ? Clients::many : Clients::one;
    if (!count_.enter(peer.address, behind)) continue;  // closes it
    if (!is_local) {
      const int on = 1;
      ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    const int fd = socket.get();
    auto connection = std::make_shared<Connection>(std::move(socket), std::move(peer));
    connection->phase =
        entrance.speaks_tls ? Connection::Phase::greeting : Connection::Phase::reading;
    connection->deadline =
        Clock::now() + (entrance.speaks_tls ? limits_.greeting_time : limits_.head_time);
    const auto slot = static_cast<std::size_t>(fd);
    if (connections_.size() <= slot) connections_.resize(slot + 1);
    connections_[slot] = std::move(connection);
    watch(fd, EPOLLIN);
  }
}

void Front::close(int fd) {
  auto& slot = connections_[static_cast<std::size_t>(fd)];
  if (!slot) return;
  stop_collecting(*slot);
  slot->say_end();
  count_.leave(slot->peer().address);
  slot.reset();  // closes the descriptor, which takes it out of epoll
}

void Front::on_event(int fd) {
  const auto slot = static_cast<std::size_t>(fd);
  const std::shared_ptr<Connection> connection =
      slot < connections_.size() ? connections_[slot] : nullptr;
  if (!connection || connection->busy.load(std::memory_order_acquire)) return;
  switch (connection->phase) {
    case Connection::Phase::greeting:
      return greet(connection);
    case Connection::Phase::reading:
      return read_requests(connection);
    case Connection::Phase::sending:
      return go_on_sending(*connection);
    case Connection::Phase::lingering:
      if (!connection->discard_received()) close(fd);
      return;
    case Connection::Phase::answering:
      return;  // only while it is busy
    case Connection::Phase::finished:
      return close(fd);
  }
}

void Front::greet(const std::shared_ptr<Connection>& connection) {
  Connection& c = *connection;
  switch (go_on_greeting(c, *tls_)) {
    case Greeting::waiting:
      if (c.tls() != nullptr) rewatch(c.fd(), static_cast<std::uint32_t>(c.awaited()));
      return;
    case Greeting::plain:
      return refuse(c, Error(ErrorCode::invalid_request,
                             "this port speaks HTTPS; write https:// and not http://"));
    case Greeting::failed:
      return close(c.fd());
    case Greeting::encrypted:
      break;
  }
  c.phase = Connection::Phase::reading;
  c.deadline = Clock::now() + limits_.head_time;
  rewatch(c.fd(), EPOLLIN);
  read_requests(connection);  // the first may have come with the last of the handshake
}

void Front::read_requests(const std::shared_ptr<Connection>& connection) {
  Connection& c = *connection;
  if (c.wants_turn) {
    c.wants_turn = false;
    rewatch(c.fd(), EPOLLIN);
  }
  const bool was_empty = c.is_empty();
  // Not while a complete request is there: what a client sends ahead waits in its socket, not here.
  // A client may have sent its last request and closed its side.
  const bool open = c.holds_request() || c.receive();
  if (was_empty && !c.is_empty()) c.deadline = Clock::now() + limits_.head_time;
  for (int i = 0; i < kPipelined; ++i) {
    const Taken taken = take_request(connection);
    if (taken == Taken::elsewhere) return;
    if (taken == Taken::incomplete) {
      if (!open) return close(c.fd());
      if (!c.wants_to_receive()) return;
      break;
    }
    c.deadline = next_deadline(c);
  }
  c.wants_turn = true;  // other connections first
  // What has arrived does not help where something must be sent before.
  rewatch(c.fd(), c.awaited() == POLLIN ? EPOLLIN | EPOLLOUT : std::uint32_t{EPOLLOUT});
}

// By when the next request must begin or, where it has begun, must be complete.
Front::Clock::time_point Front::next_deadline(const Connection& c) const {
  return Clock::now() + (c.is_empty() ? limits_.idle_time : limits_.head_time);
}

void Front::refuse(Connection& c, const Error& error) {
  c.record = {};
  c.record.started = Clock::now();
  sink_.refuse(c, error);
  start_sending(c);
}

Front::Taken Front::take_request(const std::shared_ptr<Connection>& connection) {
  Connection& c = *connection;
  const auto refused = [&](const Error& error) {
    refuse(c, error);
    return Taken::elsewhere;
  };
  if (!c.request) {
    if (c.head_too_large()) {
      return refused(
          Error(ErrorCode::headers_too_large,
                fmt::format("the request's head has more than {} bytes", kMaxHeadBytes)));
    }
    if (c.head().empty()) return Taken::incomplete;
    auto head = RequestHead::parse(c.head());
    if (!head) return refused(head.error());
    c.request = std::move(*head);
    c.request->came_by_tls = c.tls() != nullptr;
  }
  const std::uint64_t length = c.request->content_length.value_or(0);
  const bool whole = c.body_received() >= length;
  if (!whole && collect_body(c, length)) return Taken::incomplete;
  stop_collecting(c);
  c.record = {};
  c.record.started = Clock::now();
  if (whole && sink_.answer_now(c)) {
    if (c.phase == Connection::Phase::reading) return Taken::answered;
    start_sending(c);
    return Taken::elsewhere;
  }
  c.phase = Connection::Phase::answering;
  c.busy.store(true, std::memory_order_release);
  rewatch(c.fd(), EPOLLONESHOT);  // waits only for a hang-up, once
  if (sink_.hand_over(*this, connection, !whole)) return Taken::elsewhere;
  c.busy.store(false, std::memory_order_release);
  return refused(Error(ErrorCode::overloaded, "too many requests wait here; try again"));
}

// True where the front itself waits for this small body, without a worker.
bool Front::collect_body(Connection& c, std::uint64_t length) {
  if (c.collecting > 0) return true;
  if (length > limits_.small_body || collecting_ + length > limits_.collected) return false;
  if (std::exchange(c.request->expects_continue, false)) {
    c.send_interim("HTTP/1.1 100 Continue\r\n\r\n");
  }
  c.collecting = length;
  collecting_ += length;
  c.deadline = Clock::now() + limits_.body_time;
  return true;
}

void Front::stop_collecting(Connection& c) { collecting_ -= std::exchange(c.collecting, 0); }

void Front::resume(Connection& c) {
  using Phase = Connection::Phase;
  std::uint32_t events = EPOLLOUT;  // writable at once, so it wakes the front
  switch (c.phase) {
    case Phase::reading:
      c.deadline = next_deadline(c);
      c.wants_turn = !c.is_empty() || c.wants_to_receive();
      events = EPOLLIN | (c.wants_turn ? EPOLLOUT : 0U);
      break;
    case Phase::sending:
      c.deadline = Clock::now() + limits_.send_time;
      c.mark = c.bytes_sent();
      break;
    case Phase::lingering:
      c.deadline = Clock::now() + limits_.linger_time;
      events = EPOLLIN;
      break;
    case Phase::greeting:
    case Phase::answering:
    case Phase::finished:
      break;
  }
  // The order matters: once it is not busy, the front may close the connection, and another one may
  // get its descriptor.
  rewatch(c.fd(), events);
  c.busy.store(false, std::memory_order_release);
}

void Front::start_sending(Connection& c) {
  c.phase = Connection::Phase::sending;
  c.deadline = Clock::now() + limits_.send_time;
  c.mark = c.bytes_sent();
  go_on_sending(c);
}

// Sends as much of the current answer as the socket takes.
void Front::go_on_sending(Connection& c) {
  switch (c.flush()) {
    case Connection::Sent::more:
      if (c.bytes_sent() - c.mark >= limits_.send_floor) {
        c.deadline = Clock::now() + limits_.send_time;
        c.mark = c.bytes_sent();
      }
      rewatch(c.fd(), EPOLLOUT);
      return;
    case Connection::Sent::failed:
      sink_.answered(c);
      return close(c.fd());
    case Connection::Sent::all:
      if (const auto when_sent = std::exchange(c.when_sent, {})) when_sent();
      sink_.answered(c);
      return end_answer(c);
  }
}

void Front::end_answer(Connection& c) {
  if (c.close_after || stopping_) {
    if (!c.body_unread) return close(c.fd());
    // Closing with unread bytes resets the connection, and the client may lose the answer that says
    // why. So close only our side, and let the client read for a moment.
    c.phase = Connection::Phase::lingering;
    c.deadline = Clock::now() + limits_.linger_time;
    c.stop_sending();
    rewatch(c.fd(), EPOLLIN);
    return;
  }
  c.next_request();
  c.phase = Connection::Phase::reading;
  c.deadline = next_deadline(c);
  c.wants_turn = !c.is_empty() || c.wants_to_receive();
  rewatch(c.fd(), EPOLLIN | (c.wants_turn ? EPOLLOUT : 0U));
}

void Front::close_late_ones() {
  const auto now = Clock::now();
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    const auto& c = connections_[i];
    if (!c || c->busy.load(std::memory_order_acquire) || c->deadline > now) continue;
    if (c->phase == Connection::Phase::greeting) tls_->count(false);
    if (c->phase == Connection::Phase::reading && !c->is_empty()) {
      c->record = {};
      c->record.started = now;
      sink_.refuse(*c, Error(ErrorCode::request_timeout, "the request arrives too slowly"));
      (void)c->flush();
      sink_.answered(*c);
    }
    close(static_cast<int>(i));
  }
}

}  // namespace mkt
