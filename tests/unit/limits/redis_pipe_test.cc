// What callers get when Redis stops in the middle: a server of the test's own answers so many
// commands and then says nothing, or hangs up.
#include "daemon/limits/redis_pipe.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

namespace mkt {
namespace {

using namespace std::chrono_literals;

enum class Then { silent, hangs_up };

// Answers PINGs, as many as it is told to.
class FakeRedis {
 public:
  FakeRedis(int answers, Then then)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        answers_(answers),
        then_(then) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener_.get(), 1) == 0);
    REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    url_.host = "127.0.0.1";
    url_.port = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }

  const RedisUrl& url() const { return url_; }

 private:
  void serve(const std::stop_token& stop) {
    UniqueFd client(::accept(listener_.get(), nullptr, nullptr));
    std::array<char, 4096> buffer;
    while (!stop.stop_requested()) {
      pollfd polled{client.get(), POLLIN, 0};
      if (::poll(&polled, 1, 10) <= 0) continue;
      const ssize_t n = ::recv(client.get(), buffer.data(), buffer.size(), 0);
      if (n <= 0) return;
      for (auto asked = std::count(buffer.data(), buffer.data() + n, 'P'); asked > 0; --asked) {
        if (answers_-- > 0) {
          ::send(client.get(), "+OK\r\n", 5, MSG_NOSIGNAL);
        } else if (then_ == Then::hangs_up) {
          return;
        }
      }
    }
  }

  UniqueFd listener_;
  int answers_;
  const Then then_;
  RedisUrl url_;
  std::jthread thread_;
};

void check_that_all_end(Then then) {
  constexpr int kAnswers = 500;
  constexpr auto kTimeout = 2s;  // no answer that comes takes as long on a busy machine
  const FakeRedis redis(kAnswers, then);
  RedisPipe pipe(redis.url(), kTimeout);
  REQUIRE(pipe.connect(10s));
  const std::string ping = redis_command({"P"});
  std::atomic<int> answered{0};
  std::atomic<int> failed{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&] {
      while (pipe.call(ping)) ++answered;
      ++failed;
    });
  }
  threads.clear();  // joined
  // Who hangs up may take with it what it has said last.
  if (then == Then::silent) CHECK(answered == kAnswers);
  CHECK(answered <= kAnswers);
  CHECK(failed == 16);
  CHECK_FALSE(pipe.connected());
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(pipe.call(ping));
  CHECK(std::chrono::steady_clock::now() - start < kTimeout);
}

TEST_CASE("when Redis falls silent, all that wait fail") { check_that_all_end(Then::silent); }

TEST_CASE("when Redis hangs up, all that wait fail") { check_that_all_end(Then::hangs_up); }

}  // namespace
}  // namespace mkt
