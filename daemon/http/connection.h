// Connection: a client's socket, the received part of a request, and what is still to be sent.
//
// Only one thread uses it at a time: the front thread that watches its socket or, while `busy` is
// set, the worker that answers. It is handed over by an atomic store to `busy` and a change of the
// events that epoll waits for.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/base/files.h"
#include "common/base/result.h"
#include "daemon/http/access_record.h"
#include "daemon/http/answer.h"
#include "daemon/http/body_floor.h"
#include "daemon/http/request_head.h"
#include "daemon/http/tls_session.h"

namespace mkt {

// Where a client is connected from.
struct Peer {
  std::string address;    // numeric; "unix" for a socket in the file system
  bool is_local = false;  // true for "unix"
};

class Connection {
 public:
  using Clock = std::chrono::steady_clock;

  Connection(UniqueFd socket, Peer peer) : socket_(std::move(socket)), peer_(std::move(peer)) {}

  int fd() const { return socket_.get(); }
  const Peer& peer() const { return peer_; }

  // From now on everything is encrypted; null in the plain.
  void set_tls(std::unique_ptr<TlsSession> session) { tls_ = std::move(session); }
  TlsSession* tls() const { return tls_.get(); }

  // Receiving, without waiting. ------------------------------------------------------------------

  // Receives one piece of what the socket has; false when the client is gone.
  bool receive();
  // True where `receive` should be called again although the socket may have nothing new: TLS has
  // some already, or must send first.
  bool wants_to_receive() const { return tls_ && (tls_->has_more() || tls_->awaited() != POLLIN); }
  // What the socket must become ready for before `receive` can go on.
  short awaited() const { return tls_ ? tls_->awaited() : short{POLLIN}; }
  bool is_empty() const { return unread().empty(); }
  // Everything up to and including the empty line; "" while that has not arrived.
  std::string_view head() const { return unread().substr(0, head_end_); }
  bool head_too_large() const {
    return (head_end_ == 0 ? unread().size() : head_end_) > kMaxHeadBytes;
  }
  // How much of the body has arrived.
  std::size_t body_received() const { return unread().size() - head_end_; }
  // A head has arrived and, where it was parsed, its body too: nothing more to receive for now.
  bool holds_request() const {
    return head_end_ > 0 && (!request || body_received() >= request->content_length.value_or(0));
  }
  // Forgets the request, which has been answered.
  void next_request();

  // The request whose head is complete, once it is parsed.
  std::optional<RequestHead> request;

  // The body, waiting (a worker). ----------------------------------------------------------------

  // body_incomplete when the client stops, request_timeout when it is slower than body_floor.h
  // allows.
  Result<std::size_t> read(std::span<std::uint8_t> into);
  // Sends a few bytes before the answer: "100 Continue".
  bool send_interim(std::string_view bytes);

  // Sending, without waiting. --------------------------------------------------------------------

  // Sets the answer and its `head_end`, then flushes.
  void send(Answer answer, std::string_view head_end);
  // For an answer that is stored elsewhere: tries to send it at once, and copies what is left.
  enum class Sent { all, more, failed };
  Sent send_kept(const Answer& answer, std::string_view head_end);
  Sent flush();
  std::uint64_t bytes_sent() const { return sent_; }  // of this answer

  // Tells a client of TLS that everything was sent, where it was.
  void say_end();
  // Half-closes the connection, and drops what still arrives.
  void stop_sending();
  bool discard_received();  // false when the client is gone

  enum class Phase {
    greeting,   // TLS shakes hands
    reading,    // a head, or a small body
    answering,  // a worker has the request
    sending,    // an answer
    lingering,  // answered early; the client may still be sending
    finished,   // to be closed
  };
  Phase phase = Phase::reading;
  bool close_after = false;  // for the answer that is being sent
  bool body_unread = false;  // the client may still be sending the body of the answered request
  AccessRecord record;       // about the request that is being answered
  std::function<void()> when_sent;  // after that answer; dropped where it is not sent whole
  Clock::time_point deadline{};
  std::uint64_t mark = 0;        // bytes_sent when the deadline was set
  std::uint64_t collecting = 0;  // length of the small body that is arriving
  bool wants_turn = false;       // what was received may contain another request
  std::atomic<bool> busy{false};

 private:
  std::string_view unread() const { return std::string_view(in_).substr(start_); }
  void find_head_end();
  // As recv(2), in the plain or by TLS.
  ssize_t take(std::span<char> into);
  Result<std::size_t> wait_and_receive(std::span<std::uint8_t> into);
  Sent send_head_and_body();
  Sent send_records();
  std::optional<std::size_t> fill_record(std::span<char> bytes) const;
  void count_sent(std::size_t bytes);
  Sent send_kept_encrypted(const Answer& answer, std::string_view head_end);
  Sent send_file();

  UniqueFd socket_;
  std::unique_ptr<TlsSession> tls_;
  Peer peer_;
  std::string in_;                  // finished requests, then unread(): a head and what follows
  std::size_t start_ = 0;           // of unread() in in_
  std::size_t searched_ = 0;        // how much of unread() was searched for the end of the head
  std::size_t head_end_ = 0;        // in unread(), after the empty line; 0 while that is missing
  std::size_t body_read_ = 0;       // how much after the head `read` has returned
  std::optional<BodyFloor> floor_;  // for the body, once it is waited for

  std::string out_;  // the unsent part of a head
  std::size_t out_sent_ = 0;
  std::shared_ptr<const std::string> body_;
  std::size_t body_sent_ = 0;
  std::optional<FileBody> file_;
  std::uint64_t sent_ = 0;
};

}  // namespace mkt
