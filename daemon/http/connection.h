// One client's connection: its socket, what was received of a request, what is still to be sent.
//
// At any moment one thread uses it: the front thread that watches its socket or, while `busy`, the
// worker that answers. Handing over is an atomic store of `busy` and a change of what epoll waits
// for.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "common/base/files.h"
#include "common/base/result.h"
#include "daemon/http/access_record.h"
#include "daemon/http/answer.h"
#include "daemon/http/body_floor.h"
#include "daemon/http/request_head.h"

namespace mkt {

// Where a client is.
struct Peer {
  std::string address;    // numeric; "unix" for a socket in the file system
  bool is_local = false;  // that is, "unix"
};

class Connection {
 public:
  using Clock = std::chrono::steady_clock;

  Connection(UniqueFd socket, Peer peer) : socket_(std::move(socket)), peer_(std::move(peer)) {}

  int fd() const { return socket_.get(); }
  const Peer& peer() const { return peer_; }

  // Receiving, without waiting. ------------------------------------------------------------------

  // One piece of what the socket has; false when the client is gone.
  bool receive();
  bool is_empty() const { return unread().empty(); }
  // Everything up to and with the empty line; "" while that is not there.
  std::string_view head() const { return unread().substr(0, head_end_); }
  bool head_too_large() const {
    return (head_end_ == 0 ? unread().size() : head_end_) > kMaxHeadBytes;
  }
  // How much of the body is there already.
  std::size_t body_received() const { return unread().size() - head_end_; }
  // A head, with its body where it was parsed: nothing more need be received for now.
  bool holds_request() const {
    return head_end_ > 0 && (!request || body_received() >= request->content_length.value_or(0));
  }
  // The request is answered: forget it.
  void next_request();

  // The request whose head is complete, once it was parsed.
  std::optional<RequestHead> request;

  // The body, waiting (a worker). ----------------------------------------------------------------

  // body_incomplete when the client stops, request_timeout when it is slower than body_floor.h
  // says.
  Result<std::size_t> read(std::span<std::uint8_t> into);
  // A few bytes that matter more than an answer's order: "100 Continue".
  bool send_interim(std::string_view bytes);

  // Sending, without waiting. --------------------------------------------------------------------

  // `answer` after `head_end`; then flush.
  void send(Answer answer, std::string_view head_end);
  // For an answer that is kept elsewhere: tries at once, and takes over what does not leave.
  enum class Sent { all, more, failed };
  Sent send_kept(const Answer& answer, std::string_view head_end);
  Sent flush();
  std::uint64_t bytes_sent() const { return sent_; }  // of this answer

  // Half-closes, and drops what still comes.
  void stop_sending();
  bool discard_received();  // false when the client is gone

  enum class Phase {
    reading,    // a head, or a small body
    answering,  // a worker has it
    sending,    // an answer
    lingering,  // answered early; the client may still be sending
    finished,   // to be closed
  };
  Phase phase = Phase::reading;
  bool close_after = false;  // the answer that is being sent
  bool body_unread = false;  // the client may still be sending the body of the request answered
  AccessRecord record;       // of the request that is being answered
  std::function<void()> when_sent;  // of that answer; dropped where it does not leave whole
  Clock::time_point deadline{};
  std::uint64_t mark = 0;        // bytes_sent when the deadline was set
  std::uint64_t collecting = 0;  // length of the small body that is being collected
  bool wants_turn = false;       // there may be another request in what was received
  std::atomic<bool> busy{false};

 private:
  std::string_view unread() const { return std::string_view(in_).substr(start_); }
  void find_head_end();
  Result<std::size_t> wait_and_receive(std::span<std::uint8_t> into);
  Sent send_file();

  UniqueFd socket_;
  Peer peer_;
  std::string in_;                  // requests that are over, then unread(): a head, what is behind
  std::size_t start_ = 0;           // of unread() in in_
  std::size_t searched_ = 0;        // of unread(), for the end of the head
  std::size_t head_end_ = 0;        // in unread(), behind the empty line; 0 while it is not there
  std::size_t body_read_ = 0;       // of unread() behind the head, given out by read
  std::optional<BodyFloor> floor_;  // of the body, once it is waited for

  std::string out_;  // what is left of a head
  std::size_t out_sent_ = 0;
  std::shared_ptr<const std::string> body_;
  std::size_t body_sent_ = 0;
  std::optional<FileBody> file_;
  std::uint64_t sent_ = 0;
};

}  // namespace mkt
