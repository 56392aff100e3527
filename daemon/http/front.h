// Front: one thread that waits for all its connections.
//
// It accepts, collects request heads and small bodies, sends what is to be sent, and closes what is
// too slow, all without waiting for anyone: a connection costs a thread only while a worker makes
// its answer. Answers that are kept ready leave from here.
//
// Every function but `resume` and `stop` is the front thread's own. A connection belongs to one
// front for its life.
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

namespace mkt {

// How slow and how many clients may be.
struct FrontLimits {
  std::size_t small_body = 64 * 1024;           // collected without a worker
  std::size_t collected = 64 * 1024 * 1024;     // of all small bodies that are being collected
  std::chrono::milliseconds head_time{10'000};  // from its first byte, or from connecting
  std::chrono::milliseconds body_time{30'000};  // for a small body
  std::chrono::milliseconds idle_time{60'000};  // between requests
  std::chrono::milliseconds send_time{30'000};  // in which send_floor bytes must have left
  std::uint64_t send_floor = 32 * 1024;
  std::chrono::milliseconds linger_time{2'000};
};

class Front;

// What a front asks of the server behind it; called from the front's thread.
class RequestSink {
 public:
  virtual ~RequestSink() = default;
  // Do many clients come from there: a proxy that is trusted to say whose each request is?
  virtual bool is_shared(const Peer& peer) = 0;
  // The request is there, with its body where that is small. Answers it at once through the
  // connection (left over: the phase is `sending`) and returns true, or false: a worker must.
  virtual bool answer_now(Connection& connection) = 0;
  // Gives the connection to a worker, which sets an answer and calls front.resume. `body_to_come`:
  // the worker will have to wait for the client. False: too much waits already.
  virtual bool hand_over(Front& front, std::shared_ptr<Connection> connection,
                         bool body_to_come) = 0;
  // Sets an answer without a worker: a malformed head, too much work, too slow a client.
  virtual void refuse(Connection& connection, const Error& error) = 0;
  // Now and then, a few times a second: what waited too long is to be refused.
  virtual void tick() = 0;
  // The answer has left, or the client has.
  virtual void answered(Connection& connection) = 0;
};

class Front {
 public:
  Front(RequestSink& sink, const FrontLimits& limits, ConnectionCount& count);
  ~Front();
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  // Before run. The socket stays the caller's.
  void add_listener(const Listener& listener);

  // Returns after stop when nothing is in flight, or `drain_time` later.
  void run(std::chrono::milliseconds drain_time);
  void stop();  // any thread

  // A worker is done with a connection that hand_over gave it; any thread.
  void resume(Connection& connection);

 private:
  using Clock = Connection::Clock;
  // A listener's descriptor, and whether it is a Unix socket's.
  struct Entrance {
    int fd;
    bool is_local;
  };

  void watch(int fd, std::uint32_t events);
  void rewatch(int fd, std::uint32_t events);
  void wait_for_events();
  void accept_from(const Entrance& entrance);
  void on_event(int fd);
  void read_requests(const std::shared_ptr<Connection>& connection);
  // What became of the bytes at the front of what was received.
  enum class Taken {
    answered,    // a request, whole; the next may be there already
    incomplete,  // not yet a request
    elsewhere,   // a worker has it, or an answer is being sent, or it is closed
  };
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
  bool drained();

  RequestSink& sink_;
  const FrontLimits limits_;
  ConnectionCount& count_;
  UniqueFd epoll_;
  UniqueFd wake_;
  std::atomic<bool> stopping_{false};
  std::vector<Entrance> entrances_;
  bool entrances_paused_ = false;
  std::vector<std::shared_ptr<Connection>> connections_;  // by descriptor
  std::size_t collecting_ = 0;                            // bytes of small bodies to come
};

}  // namespace mkt
