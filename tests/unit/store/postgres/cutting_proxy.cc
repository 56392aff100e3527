#include "tests/unit/store/postgres/cutting_proxy.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

namespace mkt {
namespace {

sockaddr_in on_loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

UniqueFd tcp_socket() { return UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

// Closing it then sends a reset.
void reset_when_closed(const UniqueFd& fd) {
  const linger none{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

bool write_whole(const UniqueFd& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::string_view read_some(const UniqueFd& fd, std::array<char, 65536>& buffer) {
  const ssize_t n = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
  return {buffer.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
}

}  // namespace

CuttingProxy::CuttingProxy(std::uint16_t server_port)
    : server_port_(server_port), listener_(tcp_socket()) {
  sockaddr_in address = on_loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_.get(), SOMAXCONN) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

CuttingProxy::~CuttingProxy() = default;

void CuttingProxy::count_anew() { up_ = down_ = 0; }

void CuttingProxy::set_rule(Cut cut, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  cut_ = cut;
  left_ = bytes;
  rule_used_ = delivers_ = false;
}

void CuttingProxy::cut_up_after(std::uint64_t bytes) { set_rule(Cut::up, bytes); }
void CuttingProxy::cut_down_after(std::uint64_t bytes) { set_rule(Cut::down, bytes); }
void CuttingProxy::strand_after(std::uint64_t bytes) { set_rule(Cut::strand, bytes); }
void CuttingProxy::deliver() { delivers_ = true; }

void CuttingProxy::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::vector<pollfd> polled{{listener_.get(), POLLIN, 0}};
    for (const auto& pair : pairs_) {
      polled.push_back({pair->client ? pair->client.get() : -1, POLLIN, 0});
      polled.push_back({pair->server.get(), POLLIN, 0});
    }
    ::poll(polled.data(), polled.size(), 2);
    if (hangs_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      continue;
    }
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      Pair& pair = *pairs_[i];
      bool is_open = true;
      if (polled[1 + 2 * i].revents != 0) is_open = carry_up(pair);
      if (is_open && polled[2 + 2 * i].revents != 0) is_open = carry_down(pair);
      if (is_open && delivers_ && !pair.client) {
        write_whole(pair.server, std::exchange(pair.stranded, {}));
      }
      if (!is_open) pairs_[i].reset();
    }
    std::erase(pairs_, nullptr);
    if (polled[0].revents != 0) accept();
  }
}

void CuttingProxy::accept() {
  auto pair = std::make_unique<Pair>();
  pair->client = UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  pair->server = tcp_socket();
  const sockaddr_in address = on_loopback(server_port_);
  if (pair->client && ::connect(pair->server.get(), reinterpret_cast<const sockaddr*>(&address),
                                sizeof address) == 0) {
    pairs_.push_back(std::move(pair));
  }
}

bool CuttingProxy::carry_up(Pair& pair) {
  std::array<char, 65536> buffer;
  std::string_view bytes = read_some(pair.client, buffer);
  if (bytes.empty()) return false;
  up_ += bytes.size();
  const std::lock_guard lock(mutex_);
  if (cut_ != Cut::up && cut_ != Cut::strand) return write_whole(pair.server, bytes);
  if (bytes.size() < left_) {
    left_ -= bytes.size();
    return write_whole(pair.server, bytes);
  }
  write_whole(pair.server, bytes.substr(0, left_));
  const bool strands = cut_ == Cut::strand;
  pair.stranded = bytes.substr(left_);
  cut_ = Cut::none;
  rule_used_ = true;
  reset_when_closed(pair.client);
  pair.client = UniqueFd();
  return strands;
}

bool CuttingProxy::carry_down(Pair& pair) {
  std::array<char, 65536> buffer;
  std::string_view bytes = read_some(pair.server, buffer);
  if (bytes.empty()) return false;
  if (!pair.client) return true;  // stranded: nobody reads the answer
  down_ += bytes.size();
  const std::lock_guard lock(mutex_);
  if (cut_ != Cut::down) return write_whole(pair.client, bytes);
  if (bytes.size() < left_) {
    left_ -= bytes.size();
    return write_whole(pair.client, bytes);
  }
  write_whole(pair.client, bytes.substr(0, left_));
  cut_ = Cut::none;
  rule_used_ = true;
  reset_when_closed(pair.client);
  return false;
}

}  // namespace mkt
