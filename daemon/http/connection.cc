// A connection's input and output; see connection.h.
#include "daemon/http/connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "daemon/http/request_head.h"

namespace mkt {
namespace {

constexpr int kStallMs = 30'000;  // a peer that moves no byte for so long is gone
constexpr std::size_t kReceiveBytes = 16 * 1024;

}  // namespace

Connection::Received Connection::receive_head() {
  std::array<char, kReceiveBytes> chunk{};
  for (;;) {
    const ssize_t n = ::recv(fd(), chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (n < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK ? Received::more : Received::closed;
    }
    if (n == 0) return Received::closed;
    buffer_.append(chunk.data(), static_cast<std::size_t>(n));
    find_head_end();
    if (has_head()) {
      return head_end_ > kMaxHeadBytes ? Received::too_large : Received::head_complete;
    }
    if (buffer_.size() > kMaxHeadBytes) return Received::too_large;
  }
}

void Connection::find_head_end() {
  const std::size_t from = searched_ < 3 ? 0 : searched_ - 3;
  const std::size_t at = buffer_.find("\r\n\r\n", from);
  searched_ = buffer_.size();
  if (at != std::string::npos) head_end_ = at + 4;
}

void Connection::next_request() {
  buffer_.erase(0, head_end_ + body_read_);
  head_end_ = body_read_ = searched_ = 0;
  find_head_end();
}

bool Connection::wait_for(short events) const {
  pollfd waiting{fd(), events, 0};
  for (;;) {
    const int n = ::poll(&waiting, 1, kStallMs);
    if (n < 0 && errno == EINTR) continue;
    return n > 0;
  }
}

Result<std::size_t> Connection::read(std::span<std::uint8_t> into) {
  const std::size_t start = head_end_ + body_read_;
  if (start < buffer_.size()) {
    const std::size_t n = std::min(into.size(), buffer_.size() - start);
    std::memcpy(into.data(), buffer_.data() + start, n);
    body_read_ += n;
    return n;
  }
  for (;;) {
    const ssize_t n = ::recv(fd(), into.data(), into.size(), MSG_DONTWAIT);
    if (n > 0) return static_cast<std::size_t>(n);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && wait_for(POLLIN)) continue;
    return Error(ErrorCode::body_incomplete, "the body ended before its Content-Length");
  }
}

bool Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (!wait_for(POLLOUT)) return false;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace mkt
