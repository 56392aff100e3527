#include "daemon/ops/control.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <system_error>

#include "common/base/error_code.h"
#include "common/base/log.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSocketName = "control.sock";
constexpr mode_t kSocketMode = 0600;
constexpr std::size_t kMostQuestionBytes = 4096;
constexpr std::size_t kMostAnswerBytes = 4 * 1024 * 1024;
constexpr std::size_t kMostConnections = 8;
constexpr std::chrono::seconds kPatience{
    5};                        // for the whole question, and each piece of its answer
constexpr int kPauseMs = 100;  // where the system has no descriptor or thread left

Result<UniqueFd> open_folder(const fs::path& folder) {
  UniqueFd fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return system_error(fmt::format("cannot open {}", folder.string()), errno);
  return fd;
}

// Through the descriptor of its folder: a path of any length would not fit into sun_path.
sockaddr_un address_in(const UniqueFd& folder) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = fmt::format("/proc/self/fd/{}/{}", folder.get(), kSocketName);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

Result<UniqueFd> new_socket() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return system_error("cannot make a socket", errno);
  return fd;
}

Result<UniqueFd> listen_in(const UniqueFd& folder) {
  MKT_TRY(UniqueFd fd, new_socket());
  ::unlinkat(folder.get(), kSocketName, 0);  // a crash leaves it; the folder is ours
  const sockaddr_un address = address_in(folder);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::fchmodat(folder.get(), kSocketName, kSocketMode, 0) != 0 ||
      ::listen(fd.get(), kMostConnections) != 0) {
    return system_error(fmt::format("cannot listen on {}", kSocketName), errno);
  }
  return fd;
}

bool is_allowed(const UniqueFd& peer) {
  ucred who{};
  socklen_t size = sizeof who;
  return ::getsockopt(peer.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
         (who.uid == ::geteuid() || who.uid == 0);
}

Status send_line(const UniqueFd& fd, const Json& document) {
  const std::string line = dump_json(document) + '\n';
  for (std::size_t at = 0; at < line.size();) {
    const ssize_t n = ::send(fd.get(), line.data() + at, line.size() - at, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return system_error("cannot send", errno);
    at += static_cast<std::size_t>(n);
  }
  return {};
}

// Up to `until`, where that is given. registry_unavailable where the other side ends before its
// line does; request_timeout.
Result<Json> receive_line(const UniqueFd& fd, std::size_t most,
                          std::optional<std::chrono::steady_clock::time_point> until = {}) {
  using std::chrono::milliseconds;
  std::string line;
  char piece[4096];
  while (line.empty() || line.back() != '\n') {
    if (until) {
      const auto left = std::chrono::ceil<milliseconds>(*until - std::chrono::steady_clock::now());
      if (left <= milliseconds(0))
        return Error(ErrorCode::request_timeout, "the other side is too slow");
      pollfd waiting{fd.get(), POLLIN, 0};
      if (::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) continue;
    }
    const ssize_t n = ::recv(fd.get(), piece, sizeof piece, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      return Error(ErrorCode::registry_unavailable, "the daemon ended before it answered");
    line.append(piece, static_cast<std::size_t>(n));
    if (line.size() > most) return Error(ErrorCode::body_too_large, "the line is too long");
  }
  return parse_json(line, "the line");
}

void set_send_time(const UniqueFd& fd, std::chrono::seconds most) {
  const timeval time{most.count(), 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

Json error_answer(const Error& error) {
  return {{"error", error.message}, {"code", error_code_name(error.code)}};
}

}  // namespace

Result<std::unique_ptr<Control>> Control::open(const fs::path& data, Answer answer) {
  MKT_TRY(UniqueFd folder, open_folder(data));
  MKT_TRY(UniqueFd listener, listen_in(folder));
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC));
  if (!wake) return system_error("cannot make an eventfd", errno);
  return std::unique_ptr<Control>(
      new Control(std::move(folder), std::move(listener), std::move(wake), std::move(answer)));
}

Control::Control(UniqueFd folder, UniqueFd listener, UniqueFd wake, Answer answer)
    : folder_(std::move(folder)),
      listener_(std::move(listener)),
      wake_(std::move(wake)),
      answer_(std::move(answer)),
      thread_([this] { work(); }) {}

Control::~Control() {
  ::unlinkat(folder_.get(), kSocketName, 0);
  stopping_ = true;
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
  for (Connection& connection : connections_) {
    ::shutdown(connection.fd.get(), SHUT_RD);  // ends a wait for a question
    connection.thread.join();
  }
}

void Control::work() {
  ::pthread_setname_np(::pthread_self(), "control");
  bool pause = false;
  while (!stopping_) {
    pollfd waited[] = {{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    const int ready = ::poll(waited, pause ? 1 : 2, pause ? kPauseMs : -1);
    pause = false;
    if (ready > 0 && (waited[1].revents & POLLIN) != 0) pause = !accept_one();
  }
}

void Control::join_done() {
  for (auto it = connections_.begin(); it != connections_.end();) {
    if (!it->done) {
      ++it;
      continue;
    }
    it->thread.join();
    it = connections_.erase(it);
  }
}

bool Control::accept_one() {
  join_done();
  UniqueFd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!peer) return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
  if (!is_allowed(peer)) return true;
  set_send_time(peer, kPatience);
  if (connections_.size() >= kMostConnections) {
    const Error busy(ErrorCode::overloaded, "the daemon answers others; try again");
    (void)send_line(peer, error_answer(busy));  // who is gone does not need it
    return true;
  }
  Connection& connection = connections_.emplace_back();
  connection.fd = std::move(peer);
  try {
    connection.thread = std::thread([this, &connection] { serve(connection); });
  } catch (const std::system_error&) {  // there is no other way to ask for a thread
    connections_.pop_back();
    return false;
  }
  return true;
}

void Control::serve(Connection& connection) const {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  const auto answer = [&]() -> Result<Json> {
    MKT_TRY(const Json question, receive_line(connection.fd, kMostQuestionBytes, until));
    return answer_(question, [this] { return stopping_.load(); });
  }();
  const Status sent = send_line(connection.fd, answer ? *answer : error_answer(answer.error()));
  if (!sent) {
    log_event(LogLevel::debug, "nobody takes an answer", {{"reason", sent.error().message}});
  }
  ::shutdown(connection.fd.get(), SHUT_RDWR);
  connection.done = true;
}

Result<std::optional<Json>> ask_daemon(const fs::path& data, const Json& question,
                                       std::optional<std::chrono::seconds> patience) {
  const auto folder = open_folder(data);
  if (!folder) return std::optional<Json>();
  MKT_TRY(const UniqueFd fd, new_socket());
  std::optional<std::chrono::steady_clock::time_point> until;
  if (patience) {
    until = std::chrono::steady_clock::now() + *patience;
    set_send_time(fd, *patience);  // also for connecting, where many wait already
  }
  const sockaddr_un address = address_in(*folder);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED) return std::optional<Json>();
    if (errno == EAGAIN) return Error(ErrorCode::request_timeout, "the daemon is too slow");
    return system_error("cannot reach the daemon", errno);
  }
  (void)send_line(fd, question);  // where it fails, the answer fails, too
  MKT_TRY(Json answer, receive_line(fd, kMostAnswerBytes, until));
  if (const auto message = text_member(answer, "error")) {
    const auto code = parse_error_code(text_member(answer, "code").value_or(""));
    return Error(code.value_or(ErrorCode::internal_error), *message);
  }
  return std::optional(std::move(answer));
}

}  // namespace mkt
