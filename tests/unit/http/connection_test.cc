// What a connection makes of the bytes that come, over a pair of sockets.
#include "daemon/http/connection.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

namespace mkt {
namespace {

struct ConnectionFixture {
  ConnectionFixture() {
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    client = UniqueFd(pair[0]);
    connection.emplace(UniqueFd(pair[1]), Peer{"unix", true});
  }
  void send(std::string_view text) {
    REQUIRE(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }
  // The path of the next request, which is then over.
  std::string take() {
    REQUIRE(connection->holds_request());
    auto head = RequestHead::parse(connection->head());
    REQUIRE(head);
    connection->request = std::move(*head);
    const std::string path = connection->request->path;
    connection->next_request();
    return path;
  }
  UniqueFd client;
  std::optional<Connection> connection;
};

TEST_CASE_FIXTURE(ConnectionFixture, "requests that come together are taken one after the other") {
  std::string all;
  for (int i = 0; i < 500; ++i) {
    all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  send(all);
  for (int i = 0; i < 500; ++i) {
    if (!connection->holds_request()) REQUIRE(connection->receive());
    CHECK(take() == "/" + std::to_string(i));
  }
  CHECK(connection->is_empty());
  CHECK_FALSE(connection->holds_request());
}

TEST_CASE_FIXTURE(ConnectionFixture, "a request is there once its small body is") {
  send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
  REQUIRE(connection->receive());
  REQUIRE(connection->holds_request());  // as far as is known before the head is read
  connection->request = *RequestHead::parse(connection->head());
  CHECK_FALSE(connection->holds_request());
  send("cdGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(connection->receive());
  REQUIRE(connection->holds_request());
  std::array<std::uint8_t, 4> body{};
  CHECK(*connection->read(body) == 4);
  CHECK(body[3] == 'd');
  connection->next_request();
  CHECK(take() == "/b");
}

TEST_CASE_FIXTURE(ConnectionFixture, "a head that comes in pieces is found whole") {
  for (const char c : std::string_view("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")) {
    CHECK_FALSE(connection->holds_request());
    send({&c, 1});
    REQUIRE(connection->receive());
  }
  CHECK(take() == "/a");
}

TEST_CASE_FIXTURE(ConnectionFixture, "a body that ends before its length is incomplete") {
  send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
  REQUIRE(connection->receive());
  REQUIRE(connection->holds_request());
  connection->request = *RequestHead::parse(connection->head());
  std::array<std::uint8_t, 4> body{};
  CHECK(*connection->read(body) == 2);
  client.reset();
  const auto rest = connection->read(body);
  REQUIRE_FALSE(rest);
  CHECK(rest.error().code == ErrorCode::body_incomplete);
}

}  // namespace
}  // namespace mkt
