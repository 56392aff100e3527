#include "daemon/ops/control.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

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
constexpr timeval kPatience{5, 0};  // for the whole question, and for each piece of the answer

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

// registry_unavailable where the other side ends, or is silent for too long.
Result<Json> receive_line(const UniqueFd& fd, std::size_t most) {
  std::string line;
  char piece[4096];
  while (line.empty() || line.back() != '\n') {
    const ssize_t n = ::recv(fd.get(), piece, sizeof piece, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      return Error(ErrorCode::registry_unavailable, "the daemon ended before it answered");
    line.append(piece, static_cast<std::size_t>(n));
    if (line.size() > most) return Error(ErrorCode::body_too_large, "the line is too long");
  }
  return parse_json(line, "the line");
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
  while (!stopping_) {
    pollfd waited[] = {{listener_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    if (::poll(waited, 2, -1) > 0 && (waited[0].revents & POLLIN) != 0) accept_one();
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

void Control::accept_one() {
  UniqueFd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  join_done();
  if (!peer || !is_allowed(peer) || connections_.size() >= kMostConnections) return;
  ::setsockopt(peer.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(peer.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  Connection& connection = connections_.emplace_back();
  connection.fd = std::move(peer);
  connection.thread = std::thread([this, &connection] { serve(connection); });
}

void Control::serve(Connection& connection) const {
  const auto answer = [&]() -> Result<Json> {
    MKT_TRY(const Json question, receive_line(connection.fd, kMostQuestionBytes));
    return answer_(question, [this] { return stopping_.load(); });
  }();
  const Status sent = send_line(connection.fd, answer ? *answer : error_answer(answer.error()));
  if (!sent) {
    log_event(LogLevel::debug, "nobody takes an answer", {{"reason", sent.error().message}});
  }
  ::shutdown(connection.fd.get(), SHUT_RDWR);
  connection.done = true;
}

Result<std::optional<Json>> ask_daemon(const fs::path& data, const Json& question) {
  const auto folder = open_folder(data);
  if (!folder) return std::optional<Json>();
  MKT_TRY(const UniqueFd fd, new_socket());
  const sockaddr_un address = address_in(*folder);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED) return std::optional<Json>();
    return system_error("cannot reach the daemon", errno);
  }
  (void)send_line(fd, question);  // where it fails, the answer fails, too
  MKT_TRY(Json answer, receive_line(fd, kMostAnswerBytes));
  if (const auto message = text_member(answer, "error")) {
    const auto code = parse_error_code(text_member(answer, "code").value_or(""));
    return Error(code.value_or(ErrorCode::internal_error), *message);
  }
  return std::optional(std::move(answer));
}

}  // namespace mkt
