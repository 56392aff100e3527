#include "daemon/http/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace mkt {
namespace {

constexpr std::size_t kReceiveBytes = 32 * 1024;
// The most that one call of sendfile sends, so that other connections get their turn.
constexpr std::uint64_t kFileBytes = 1024 * 1024;
// The same where this process encrypts, which takes a few times as long.
constexpr std::uint64_t kEncryptedBytes = 256 * 1024;
// The buffer that an idle connection keeps for its next request; a larger one is freed.
constexpr std::size_t kKeptBytes = 4 * 1024;

// While it lives, the system gathers what is sent into full packets.
class Cork {
 public:
  explicit Cork(int socket) : socket_(socket) { set(1); }
  ~Cork() { set(0); }
  Cork(const Cork&) = delete;
  Cork& operator=(const Cork&) = delete;

 private:
  void set(int on) const {
    if (socket_ >= 0) ::setsockopt(socket_, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
  }
  const int socket_;
};

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

}  // namespace

ssize_t Connection::take(std::span<char> into) {
  return tls_ ? tls_->receive(into) : ::recv(fd(), into.data(), into.size(), MSG_DONTWAIT);
}

bool Connection::receive() {
  thread_local std::array<char, kReceiveBytes> chunk;
  std::size_t received = 0;
  for (;;) {
    const ssize_t n = take(chunk);
    if (n > 0) {
      received += static_cast<std::size_t>(n);
      in_.append(chunk.data(), static_cast<std::size_t>(n));
      if (head_end_ == 0) find_head_end();
      // Of TLS, one call takes one record.
      if (tls_ && tls_->has_more() && received < kReceiveBytes && !holds_request()) continue;
      return true;
    }
    if (n < 0 && errno == EINTR) continue;
    return n < 0 && would_block();
  }
}

void Connection::find_head_end() {
  const std::size_t from = searched_ < 3 ? 0 : searched_ - 3;
  const std::size_t at = unread().find("\r\n\r\n", from);
  searched_ = unread().size();
  if (at != std::string_view::npos) head_end_ = at + 4;
}

void Connection::next_request() {
  const std::size_t body = request ? request->content_length.value_or(0) : 0;
  start_ += head_end_ + std::min<std::size_t>(body, body_received());
  // Removes finished requests once they are the larger part. So on average each byte moves at most
  // once, however many requests arrived together.
  if (start_ >= in_.size() - start_) in_.erase(0, std::exchange(start_, 0));
  if (in_.empty() && in_.capacity() > kKeptBytes) std::string().swap(in_);
  request.reset();
  head_end_ = body_read_ = searched_ = 0;
  floor_.reset();
  find_head_end();
}

Result<std::size_t> Connection::wait_and_receive(std::span<std::uint8_t> into) {
  const Error stopped(ErrorCode::body_incomplete, "the body ended before its Content-Length");
  if (!floor_) floor_.emplace(request->content_length.value_or(0));
  for (;;) {
    const ssize_t n = take({reinterpret_cast<char*>(into.data()), into.size()});
    if (n > 0) {
      floor_->received(static_cast<std::uint64_t>(n));
      return static_cast<std::size_t>(n);
    }
    if (n < 0 && errno == EINTR) continue;
    if (n == 0 || !would_block()) return stopped;
    const auto patience = floor_->patience(Clock::now());
    if (!patience) return Error(ErrorCode::request_timeout, "the body arrives too slowly");
    if (tls_ && tls_->has_more()) continue;
    pollfd waiting{fd(), awaited(), 0};
    ::poll(&waiting, 1, static_cast<int>(patience->count()));
  }
}

Result<std::size_t> Connection::read(std::span<std::uint8_t> into) {
  const std::string_view there = unread().substr(head_end_ + body_read_);
  if (there.empty()) return wait_and_receive(into);
  const std::size_t n = std::min(into.size(), there.size());
  std::memcpy(into.data(), there.data(), n);
  body_read_ += n;
  return n;
}

bool Connection::send_interim(std::string_view bytes) {
  if (tls_) {
    const bool sent = tls_->send(bytes) == static_cast<ssize_t>(bytes.size());
    // TLS would take what comes next for the rest of these bytes.
    if (!sent) tls_->give_up();
    return sent;
  }
  return ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(bytes.size());
}

void Connection::send(Answer answer, std::string_view head_end) {
  out_ = std::move(answer.head);
  out_ += head_end;
  out_sent_ = body_sent_ = 0;
  sent_ = 0;
  body_ = std::move(answer.body);
  file_ = std::move(answer.file);
}

Connection::Sent Connection::send_kept(const Answer& answer, std::string_view head_end) {
  if (tls_) return send_kept_encrypted(answer, head_end);
  std::array<iovec, 3> parts = {{{const_cast<char*>(answer.head.data()), answer.head.size()},
                                 {const_cast<char*>(head_end.data()), head_end.size()},
                                 {nullptr, 0}}};
  if (answer.body) parts[2] = {const_cast<char*>(answer.body->data()), answer.body->size()};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  const ssize_t n = ::sendmsg(fd(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n < 0 && !would_block() && errno != EINTR) return Sent::failed;
  const std::size_t done = n < 0 ? 0 : static_cast<std::size_t>(n);
  const std::size_t head = answer.head.size() + head_end.size();
  if (done == head + answer.length()) {
    sent_ = done;
    return Sent::all;
  }
  send(Answer{answer.status, answer.head, answer.body, std::nullopt}, head_end);
  sent_ = done;
  out_sent_ = std::min(done, head);
  body_sent_ = done - out_sent_;
  return Sent::more;
}

// In one record, which needs no copy of the answer but this. A longer one goes the usual way.
Connection::Sent Connection::send_kept_encrypted(const Answer& answer, std::string_view head_end) {
  thread_local std::array<char, TlsSession::kRecordBytes> bytes;
  const std::size_t size = answer.head.size() + head_end.size() + answer.length();
  if (size <= bytes.size()) {
    char* end = std::copy(answer.head.begin(), answer.head.end(), bytes.data());
    end = std::copy(head_end.begin(), head_end.end(), end);
    if (answer.body) std::copy(answer.body->begin(), answer.body->end(), end);
    if (tls_->send({bytes.data(), size}) == static_cast<ssize_t>(size)) {
      sent_ = size;
      return Sent::all;
    }
    if (!would_block()) return Sent::failed;
  }
  send(Answer{answer.status, answer.head, answer.body, std::nullopt}, head_end);
  return size <= bytes.size() ? Sent::more : flush();
}

Connection::Sent Connection::flush() {
  Sent sent = tls_ ? send_records() : send_head_and_body();
  if (sent == Sent::all && file_) sent = send_file();
  if (sent != Sent::all) return sent;
  file_.reset();
  body_.reset();
  std::string().swap(out_);
  out_sent_ = body_sent_ = 0;
  return Sent::all;
}

void Connection::count_sent(std::size_t bytes) {
  sent_ += bytes;
  const std::size_t head = std::min(bytes, out_.size() - out_sent_);
  out_sent_ += head;
  const std::size_t body = body_ ? std::min(bytes - head, body_->size() - body_sent_) : 0;
  body_sent_ += body;
  if (!file_) return;
  file_->offset += bytes - head - body;
  file_->length -= bytes - head - body;
}

Connection::Sent Connection::send_head_and_body() {
  for (;;) {
    const std::size_t head = out_.size() - out_sent_;
    const std::size_t body = body_ ? body_->size() - body_sent_ : 0;
    if (head + body == 0) return Sent::all;
    std::array<iovec, 2> parts = {{{out_.data() + out_sent_, head}, {nullptr, 0}}};
    if (body_) parts[1] = {const_cast<char*>(body_->data()) + body_sent_, body};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    // MSG_MORE: the head goes into one packet with the file's first bytes.
    const ssize_t n =
        ::sendmsg(fd(), &message, MSG_NOSIGNAL | MSG_DONTWAIT | (file_ ? MSG_MORE : 0));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return would_block() ? Sent::more : Sent::failed;
    count_sent(static_cast<std::size_t>(n));
  }
}

// The file too, where the kernel does not encrypt it.
Connection::Sent Connection::send_records() {
  thread_local std::array<char, TlsSession::kRecordBytes> bytes;
  const Cork cork(file_ ? fd() : -1);
  for (std::uint64_t turn = kEncryptedBytes; turn > 0;) {
    const auto size = fill_record(bytes);
    if (!size) return Sent::failed;  // the file became shorter
    if (*size == 0) return Sent::all;
    const ssize_t n = tls_->send({bytes.data(), *size});
    if (n < 0) return would_block() ? Sent::more : Sent::failed;
    count_sent(static_cast<std::size_t>(n));
    turn -= std::min(turn, static_cast<std::uint64_t>(n));
  }
  return Sent::more;
}

// The next bytes of the answer, the same again until they are counted as sent.
std::optional<std::size_t> Connection::fill_record(std::span<char> bytes) const {
  std::size_t filled = 0;
  const auto add = [&](std::string_view part) {
    filled += part.copy(bytes.data() + filled, bytes.size() - filled);
  };
  add(std::string_view(out_).substr(out_sent_));
  if (body_) add(std::string_view(*body_).substr(body_sent_));
  if (!file_ || tls_->sends_files()) return filled;
  const auto want =
      static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size() - filled, file_->length));
  const auto read =
      read_at(file_->file.get(), {reinterpret_cast<std::uint8_t*>(bytes.data()) + filled, want},
              file_->offset, "the file");
  if (!read || *read < want) return std::nullopt;
  return filled + want;
}

Connection::Sent Connection::send_file() {
  std::uint64_t turn = kFileBytes;
  while (file_->length > 0) {
    if (turn == 0) return Sent::more;
    auto offset = static_cast<off_t>(file_->offset);
    const auto size = static_cast<std::size_t>(std::min(turn, file_->length));
    const ssize_t n = tls_ ? tls_->send_file(file_->file.get(), offset, size)
                           : ::sendfile(fd(), file_->file.get(), &offset, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return would_block() ? Sent::more : Sent::failed;
    if (n == 0) return Sent::failed;  // the file became shorter
    count_sent(static_cast<std::size_t>(n));
    turn -= std::min(turn, static_cast<std::uint64_t>(n));
  }
  return Sent::all;
}

void Connection::say_end() {
  if (tls_ && out_sent_ == out_.size() && !body_ && !file_) tls_->end();
}

void Connection::stop_sending() {
  say_end();
  ::shutdown(fd(), SHUT_WR);
}

bool Connection::discard_received() {
  thread_local std::array<char, kReceiveBytes> chunk;
  const ssize_t n = take(chunk);
  return n > 0 || (n < 0 && (would_block() || errno == EINTR));
}

}  // namespace mkt
