// Front: one thread that serves many connections.
//
// It accepts connections, collects request heads and small bodies, sends answers, and closes
// connections that are too slow, and never blocks. So a connection needs a thread only while a
// worker makes its answer. The front sends cached answers itself.
//
// Only the front thread may call its functions, except `resume` and `stop`. A connection belongs to
// one front for its whole life.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "daemon/http/connection.h"
#include "daemon/http/connection_count.h"
#include "daemon/http/listener.h"
#include "daemon/http/tls_gate.h"

namespace mkt {

// Limits on slow clients and on their number.
struct FrontLimits {
  std::size_t small_body = 64 * 1024;               // collected without a worker
  std::size_t collected = 64 * 1024 * 1024;         // for all small bodies that are being collected
  std::chrono::milliseconds greeting_time{10'000};  // for the handshake of TLS
  std::chrono::milliseconds head_time{10'000};      // from its first byte, or from the connection
  std::chrono::milliseconds body_time{30'000};      // for a small body
  std::chrono::milliseconds idle_time{60'000};      // between requests
  std::chrono::milliseconds send_time{30'000};      // within which send_floor bytes must be sent
  std::uint64_t send_floor = 32 * 1024;
  std::chrono::milliseconds linger_time{2'000};
};

class Front;

// What a front needs from the server; called in the front's thread.
class RequestSink {
 public:
  virtual ~RequestSink() = default;
  // True where many clients connect from there: a proxy that is trusted to name its clients.
  virtual bool is_shared(const Peer& peer) = 0;
  // The request is complete, with its body where that is small. Either answers it at once through
  // the connection (phase `sending` while bytes are left) and returns true, or returns false: a
  // worker must.
  virtual bool answer_now(Connection& connection) = 0;
  // Gives the connection to a worker, which sets an answer and calls front.resume. With
  // `body_to_come`, the worker must wait for the client. Returns false where too many requests wait
  // already.
  virtual bool hand_over(Front& front, std::shared_ptr<Connection> connection,
                         bool body_to_come) = 0;
  // Sets an answer without a worker: for a malformed head, too much work, a client that is too
  // slow.
  virtual void refuse(Connection& connection, const Error& error) = 0;
  // Called a few times a second: refuses what has waited too long.
  virtual void tick() = 0;
  // The answer has been sent, or the client is gone.
  virtual void answered(Connection& connection) = 0;
};

class Front {
 public:
  // `tls` may be null where no listener speaks it.
  Front(RequestSink& sink, const FrontLimits& limits, ConnectionCount& count, TlsGate* tls);
  ~Front();
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  // Before run. The socket stays the caller's.
  void add_listener(const Listener& listener);

  // Returns after `stop`, when nothing is in progress or `drain_time` is over. From `stop` on
  // nobody can connect: whoever tries is refused at once, but by a socket of systemd's, where the
  // next daemon answers.
  void run(std::chrono::milliseconds drain_time);
  void stop();  // any thread

  // A worker has finished with a connection that it got from hand_over; any thread.
  void resume(Connection& connection);

 private:
  using Clock = Connection::Clock;
  // A listener's descriptor, and whether it is a Unix socket's.
  struct Entrance {
    int fd;
    bool is_local;
    bool speaks_tls;
    bool is_systemds;
  };

  void watch(int fd, std::uint32_t events);
  void rewatch(int fd, std::uint32_t events);
  void wait_for_events();
  void accept_from(const Entrance& entrance, int most);
  void on_event(int fd);
  void greet(const std::shared_ptr<Connection>& connection);
  void read_requests(const std::shared_ptr<Connection>& connection);
  // What happened to the bytes at the front of the input.
  enum class Taken {
    answered,    // a whole request; the next may have arrived already
    incomplete,  // not yet a request
    elsewhere,   // a worker has it, an answer is being sent, or it is closed
  };
  void refuse(Connection& connection, const Error& error);
  Taken take_request(const std::shared_ptr<Connection>& connection);
  Clock::time_point next_deadline(const Connection& connection) const;
  bool collect_body(Connection& connection, std::uint64_t length);
  void stop_collecting(Connection& connection);
  void start_sending(Connection& connection);
  void go_on_sending(Connection& connection);
  void end_answer(Connection& connection);
  void close(int fd);
  void close_late_ones();
  void pause_entrances(bool pause);
  void close_entrances();
  bool has_no_request(std::shared_ptr<Connection> connection);
  bool drained();

  RequestSink& sink_;
  const FrontLimits limits_;
  ConnectionCount& count_;
  TlsGate* const tls_;
  UniqueFd epoll_;
  UniqueFd wake_;
  std::atomic<bool> stopping_{false};
  std::vector<Entrance> entrances_;
  bool entrances_paused_ = false;
  std::vector<std::shared_ptr<Connection>> connections_;  // by descriptor
  std::size_t collecting_ = 0;                            // bytes of small bodies still to arrive
};

}  // namespace mkt
