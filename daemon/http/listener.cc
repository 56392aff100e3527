#include "daemon/http/listener.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <system_error>

#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr int kBacklog = 4'096;
constexpr int kFirstActivated = 3;  // SD_LISTEN_FDS_START
constexpr std::string_view kUnix = "unix:";

struct Address {
  std::string host;
  std::string port;
};

std::optional<Address> split_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return std::nullopt;
  return Address{std::string(host), std::string(text.substr(colon + 1))};
}

Error cannot_listen(std::string_view address, std::string_view why) {
  return Error(ErrorCode::usage_error,
               fmt::format("cannot listen on {}: {}", printable(address), why));
}

std::string reason(int number) {
  return number == EADDRINUSE ? "another program listens there already"
                              : std::generic_category().message(number);
}

struct Bound {
  int family = AF_UNSPEC;
  std::string host;
  int port = 0;
};

Bound bound_address(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  Bound bound;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return bound;
  bound.family = address.ss_family;
  char host[NI_MAXHOST] = "";
  char port[NI_MAXSERV] = "";
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host, sizeof host, port,
                    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
    bound.host = host;
    std::from_chars(port, port + std::strlen(port), bound.port);
  }
  return bound;
}

std::string url_of(const Bound& bound, const std::string& host, bool speaks_tls) {
  const bool is_v6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}{}:{}", speaks_tls ? kHttpsScheme : "http://", is_v6 ? "[" : "", host,
                     is_v6 ? "]" : "", bound.port);
}

Result<Listener> open_tcp(std::string_view text) {
  const bool speaks_tls = text.starts_with(kHttpsScheme);
  const auto address = split_address(speaks_tls ? text.substr(kHttpsScheme.size()) : text);
  if (!address) {
    return Error(ErrorCode::usage_error,
                 fmt::format("\"{}\" is not an address to listen on; write HOST:PORT such as "
                             "127.0.0.1:3456, https://HOST:PORT, or unix:PATH",
                             printable(text)));
  }
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int failed =
          ::getaddrinfo(address->host.c_str(), address->port.c_str(), &hints, &found);
      failed != 0) {
    return cannot_listen(text, ::gai_strerror(failed));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  UniqueFd socket(::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  // Never SO_REUSEPORT: another process of the same user would get half of the clients.
  if (socket) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!socket || ::bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    return cannot_listen(text, reason(errno));
  }
  const Bound bound = bound_address(socket.get());
  return Listener{std::move(socket), false, speaks_tls, url_of(bound, address->host, speaks_tls),
                  address->host};
}

bool somebody_answers(const sockaddr_un& address) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return probe &&
         ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

Result<Listener> open_unix(std::string_view text) {
  const std::string_view path = text.substr(kUnix.size());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return cannot_listen(
        text, fmt::format("the path must have 1 to {} bytes", sizeof address.sun_path - 1));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  struct stat info {};
  if (::lstat(address.sun_path, &info) == 0) {
    if (!S_ISSOCK(info.st_mode)) return cannot_listen(text, "a file that is not a socket is there");
    if (somebody_answers(address)) return cannot_listen(text, reason(EADDRINUSE));
    ::unlink(address.sun_path);  // left by a daemon that was killed
  }
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // The mode is set before listen, so nobody can connect in between.
  if (!socket ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(address.sun_path, 0660) != 0 || ::listen(socket.get(), kBacklog) != 0) {
    return cannot_listen(text, reason(errno));
  }
  return Listener{std::move(socket), true, false, std::string(text), ""};
}

int number_in(const char* variable) {
  const char* text = std::getenv(variable);
  int number = 0;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), number);
  return number;
}

// Takes the first of names that are separated by colons.
std::string_view next_name(std::string_view& names) {
  const std::string_view name = names.substr(0, names.find(':'));
  names.remove_prefix(std::min(names.size(), name.size() + 1));
  return name;
}

}  // namespace

Result<Listener> open_listener(std::string_view address) {
  return address.starts_with(kUnix) ? open_unix(address) : open_tcp(address);
}

std::vector<Listener> activated_listeners() {
  std::vector<Listener> listeners;
  if (number_in("LISTEN_PID") != ::getpid()) return listeners;
  const int count = number_in("LISTEN_FDS");
  const char* const variable = std::getenv("LISTEN_FDNAMES");
  std::string_view names = variable != nullptr ? variable : "";
  for (int fd = kFirstActivated; fd < kFirstActivated + count; ++fd) {
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    const Bound bound = bound_address(fd);
    const bool is_local = bound.family == AF_UNIX;
    const std::string_view name = next_name(names);
    const bool speaks_tls = !is_local && name == "https";
    listeners.push_back({UniqueFd(fd), is_local, speaks_tls,
                         is_local ? "unix:" + bound.host : url_of(bound, bound.host, speaks_tls),
                         is_local ? std::string() : bound.host, true});
  }
  ::unsetenv("LISTEN_PID");
  ::unsetenv("LISTEN_FDS");
  ::unsetenv("LISTEN_FDNAMES");
  return listeners;
}

}  // namespace mkt
