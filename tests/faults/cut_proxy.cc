// mkt-cut-proxy: a TCP proxy on 127.0.0.1 that breaks connections, for tests of what a client does
// about it.
//
// Every connection to it is carried on to --to. The first --times of them are broken, with a reset
// to both sides, once exactly so many bytes have passed in a direction; one that ends before that
// does not count. All others are carried whole. With --swallow-answer POST it is the answer to the
// first request of that method that breaks the connection: the server has done what it was asked
// for, and the client never hears of it.
//
// A line on stdout says of each broken connection what broke it. SIGTERM ends the program.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <vector>

#include "common/base/files.h"

namespace mkt {
namespace {

enum class Direction { up, down };

// What breaks a connection: so many bytes, or the answer to a request of that method.
struct Cut {
  Direction direction = Direction::up;
  std::uint64_t bytes = 0;
  std::string method{};

  std::string text() const {
    if (!method.empty()) return "the answer to " + method;
    return fmt::format("{} {}", direction == Direction::up ? "up" : "down", bytes);
  }
};

struct Options {
  std::uint16_t to = 0;
  std::string port_file;
  std::optional<std::uint64_t> up;
  std::optional<std::uint64_t> down;
  std::optional<std::uint64_t> random;
  std::string swallow_answer;
  std::uint64_t seed = 1;
  std::uint64_t times = UINT64_MAX;
};

[[noreturn]] void give_up(const char* what) {
  throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

UniqueFd new_socket() {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) give_up("socket");
  return fd;
}

void set_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

// Closing it now sends a reset, and nothing that was still to be sent.
void reset_on_close(int fd) {
  const linger none{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

// The bytes of one direction: read, perhaps fewer than there are, and written on.
class Flow {
 public:
  Flow(int from, int to) : from_(from), to_(to) {}

  void stop_after(std::uint64_t bytes) { left_ = bytes; }
  bool at_its_end() const { return left_ == 0 && pending_.empty(); }
  // The sender will send no more, and the receiver has been told.
  bool over() const { return over_; }
  bool wants_to_read() const { return pending_.empty() && !over_ && left_ > 0; }
  bool wants_to_write() const { return !pending_.empty(); }

  // What was just read; empty where the sender has ended. False: the connection is broken.
  bool read() {
    const ssize_t n = ::recv(from_, buffer_.data(), std::min(left_, buffer_.size()), 0);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) {
      over_ = true;
      ::shutdown(to_, SHUT_WR);
      return true;
    }
    pending_ = {buffer_.data(), static_cast<std::size_t>(n)};
    left_ -= pending_.size();
    return true;
  }
  std::string_view pending() const { return pending_; }
  bool write() {
    const ssize_t n = ::send(to_, pending_.data(), pending_.size(), MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    pending_.remove_prefix(static_cast<std::size_t>(n));
    return true;
  }

 private:
  int from_;
  int to_;
  std::uint64_t left_ = UINT64_MAX;
  bool over_ = false;
  std::array<char, 64 * 1024> buffer_;
  std::string_view pending_;  // read and not yet written
};

class Connection {
 public:
  enum class State { open, ended, cut };

  Connection(UniqueFd client, UniqueFd server, std::optional<Cut> cut)
      : client_(std::move(client)),
        server_(std::move(server)),
        up_(client_.get(), server_.get()),
        down_(server_.get(), client_.get()),
        cut_(std::move(cut)) {
    if (cut_ && cut_->method.empty()) {
      (cut_->direction == Direction::up ? up_ : down_).stop_after(cut_->bytes);
    }
  }

  const Cut& cut() const { return *cut_; }

  std::array<pollfd, 2> wanted() const {
    // -1 where nothing is awaited, or a peer that has hung up would wake us without end.
    const auto wish = [](const UniqueFd& fd, const Flow& from, const Flow& to) {
      const int events = (from.wants_to_read() ? POLLIN : 0) | (to.wants_to_write() ? POLLOUT : 0);
      return pollfd{events != 0 ? fd.get() : -1, static_cast<short>(events), 0};
    };
    return {wish(client_, up_, down_), wish(server_, down_, up_)};
  }

  State move(short client_events, short server_events) {
    const State state = try_to_move(client_events, server_events);
    if (state != State::open && !(up_.over() && down_.over())) {
      reset_on_close(client_.get());
      reset_on_close(server_.get());
    }
    return state;
  }

 private:
  State try_to_move(short client_events, short server_events) {
    constexpr short kReadable = POLLIN | POLLHUP | POLLERR;
    if (up_.at_its_end() || down_.at_its_end()) return State::cut;
    if (up_.wants_to_read() && (client_events & kReadable) != 0) {
      if (!up_.read()) return State::ended;
      watch_request(up_.pending());
    }
    if (down_.wants_to_read() && (server_events & kReadable) != 0) {
      if (!down_.read()) return State::ended;
      if (is_swallowed(down_.pending())) return State::cut;
    }
    if (up_.wants_to_write() && !up_.write()) return State::ended;
    if (down_.wants_to_write() && !down_.write()) return State::ended;
    if (up_.at_its_end() || down_.at_its_end()) return State::cut;
    return up_.over() && down_.over() ? State::ended : State::open;
  }

  // Clients that do not pipeline begin a request only after the answer to the one before.
  void watch_request(std::string_view bytes) {
    if (bytes.empty() || !cut_ || cut_->method.empty()) return;
    if (begins_request_ && bytes.starts_with(cut_->method + " ")) asked_ = true;
    begins_request_ = false;
  }
  bool is_swallowed(std::string_view bytes) {
    if (bytes.empty()) return false;
    begins_request_ = true;
    // "100 Continue" is no answer: the body is yet to come.
    return asked_ && !bytes.starts_with("HTTP/1.1 100");
  }

  UniqueFd client_;
  UniqueFd server_;
  Flow up_;
  Flow down_;
  std::optional<Cut> cut_;
  bool begins_request_ = true;
  bool asked_ = false;
};

class CutProxy {
 public:
  explicit CutProxy(const Options& options)
      : options_(options), random_(options.seed), listener_(new_socket()) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_.get(), SOMAXCONN) != 0 ||
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      give_up("listen");
    }
    port_ = ntohs(address.sin_port);
  }

  std::uint16_t port() const { return port_; }

  [[noreturn]] void run() {
    std::vector<pollfd> polled;
    for (;;) {
      polled.assign(1, pollfd{listener_.get(), POLLIN, 0});
      for (const auto& connection : connections_) {
        const auto wanted = connection->wanted();
        polled.insert(polled.end(), wanted.begin(), wanted.end());
      }
      if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) give_up("poll");
      for (std::size_t i = 0; i < connections_.size(); ++i) {
        move(connections_[i], polled[1 + 2 * i].revents, polled[2 + 2 * i].revents);
      }
      std::erase(connections_, nullptr);
      if ((polled[0].revents & POLLIN) != 0) accept();
    }
  }

 private:
  void accept() {
    UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!client) return;
    const sockaddr_in address = loopback(options_.to);
    UniqueFd server = new_socket();
    if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      reset_on_close(client.get());
      return;
    }
    set_nonblocking(server.get());
    auto connection =
        std::make_unique<Connection>(std::move(client), std::move(server), next_cut());
    move(connection, 0, 0);  // one that is broken after no byte at all
    if (connection) connections_.push_back(std::move(connection));
  }

  // Leaves nothing of a connection that is over.
  void move(std::unique_ptr<Connection>& connection, short client_events, short server_events) {
    const auto state = connection->move(client_events, server_events);
    if (state == Connection::State::cut) tell(connection->cut());
    if (state != Connection::State::open) connection.reset();
  }

  std::optional<Cut> next_cut() {
    if (broken_ >= options_.times) return std::nullopt;
    if (!options_.swallow_answer.empty()) return Cut{.method = options_.swallow_answer};
    if (options_.up) return Cut{Direction::up, *options_.up};
    if (options_.down) return Cut{Direction::down, *options_.down};
    if (!options_.random) return std::nullopt;
    const auto direction = random_() % 2 == 0 ? Direction::up : Direction::down;
    return Cut{direction, random_() % (*options_.random + 1)};
  }

  void tell(const Cut& cut) {
    ++broken_;
    fmt::print("cut: {}\n", cut.text());
    std::fflush(stdout);
  }

  const Options& options_;
  std::mt19937_64 random_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::uint64_t broken_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;
};

int run(int argc, char** argv) {
  Options options;
  CLI::App app("A TCP proxy that breaks connections");
  app.add_option("--to", options.to, "Port on 127.0.0.1 to carry connections to")->required();
  app.add_option("--port-file", options.port_file, "File for the port it listens on")->required();
  auto* cuts = app.add_option_group("cuts");
  cuts->add_option("--up", options.up, "Break after so many bytes to the server");
  cuts->add_option("--down", options.down, "Break after so many bytes to the client");
  cuts->add_option("--random", options.random, "Break at random, after as many bytes at most");
  cuts->add_option("--swallow-answer", options.swallow_answer,
                   "Break instead of answering a request of this method");
  cuts->require_option(0, 1);
  app.add_option("--seed", options.seed, "Of --random");
  app.add_option("--times", options.times, "How many connections to break (default: all)");
  CLI11_PARSE(app, argc, argv);

  CutProxy proxy(options);
  // Whole or not at all: who waits for the file must not read half a number.
  const Status told =
      write_file_atomically(options.port_file, std::to_string(proxy.port()) + "\n", 0644);
  if (!told) throw std::runtime_error(told.error().message);
  proxy.run();
}

}  // namespace
}  // namespace mkt

int main(int argc, char** argv) {
  try {
    return mkt::run(argc, argv);
  } catch (const std::exception& e) {
    fmt::print(stderr, "mkt-cut-proxy: {}\n", e.what());
    return 1;
  }
}
