// One client's connection: its socket, what was received of it, and when it is too slow.
//
// Owned by HttpServer. At any moment either the epoll thread (waiting for a head) or one worker
// (answering) uses it; `busy` says which.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "common/base/files.h"
#include "common/base/result.h"

namespace mkt {

class Connection {
 public:
  using Clock = std::chrono::steady_clock;

  Connection(UniqueFd socket, std::string address)
      : socket_(std::move(socket)), address_(std::move(address)) {}

  int fd() const { return socket_.get(); }
  const std::string& address() const { return address_; }

  enum class Received { head_complete, more, closed, too_large };
  // Takes what the socket has, without waiting, until a head is complete.
  Received receive_head();
  // A head is there already: the client sent several requests at once.
  bool has_head() const { return head_end_ != 0; }
  std::string_view head() const { return std::string_view(buffer_).substr(0, head_end_); }
  // The request is answered: forget its head.
  void next_request();

  // Bytes of the body, those first that came along with the head. Waits; body_incomplete when the
  // client stops or is too slow.
  Result<std::size_t> read(std::span<std::uint8_t> into);

  // Waits; false when the client is gone or too slow.
  bool write(std::string_view bytes);

  std::atomic<bool> busy{false};
  // Until when an idle connection may stay, or a started head must be complete.
  std::atomic<Clock::time_point> deadline{};

 private:
  bool wait_for(short events) const;
  void find_head_end();

  UniqueFd socket_;
  std::string address_;
  std::string buffer_;         // the head and what came behind it
  std::size_t searched_ = 0;   // of buffer_, for the end of the head
  std::size_t head_end_ = 0;   // just behind the empty line; 0 while it is not there
  std::size_t body_read_ = 0;  // of buffer_ behind the head, given out by read
};

}  // namespace mkt
