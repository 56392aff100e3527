// TLS against OpenSSL's own client, in this process, over a pair of sockets: what may be loaded,
// when it is loaded anew, and that a connection moves the same bytes with it as without.
#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <memory>

#include "common/base/files.h"
#include "daemon/http/connection.h"
#include "daemon/http/tls_gate.h"
#include "tests/unit/must.h"

namespace mkt {
namespace {

constexpr long kDay = 24L * 60 * 60;

std::string pem_of(const std::function<int(BIO*)>& write) {
  BIO* const bio = ::BIO_new(::BIO_s_mem());
  REQUIRE(write(bio) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  ::BIO_free(bio);
  return text;
}

// A certificate that signs itself, and its key.
struct TlsPair {
  explicit TlsPair(long valid_for = 30 * kDay) {
    EVP_PKEY* const pkey = ::EVP_EC_gen("P-256");
    X509* const x509 = ::X509_new();
    ::X509_gmtime_adj(X509_getm_notBefore(x509), -kDay);
    ::X509_gmtime_adj(X509_getm_notAfter(x509), valid_for);
    ::X509_set_pubkey(x509, pkey);
    REQUIRE(::X509_sign(x509, pkey, ::EVP_sha256()) > 0);
    certificate = pem_of([&](BIO* bio) { return ::PEM_write_bio_X509(bio, x509); });
    key = pem_of([&](BIO* bio) {
      return ::PEM_write_bio_PKCS8PrivateKey(bio, pkey, nullptr, nullptr, 0, nullptr, nullptr);
    });
    ::X509_free(x509);
    ::EVP_PKEY_free(pkey);
  }
  std::string certificate;
  std::string key;
};

struct TlsFolder {
  TlsFolder() { put(TlsPair()); }
  void put(const TlsPair& pair) const {
    REQUIRE(write_file_atomically(files.key, pair.key, 0600));
    REQUIRE(write_file_atomically(files.certificate, pair.certificate, 0644));
  }
  TemporaryFolder folder = must(TemporaryFolder::create(must(temporary_folder()), "mkt-tls-"));
  TlsFiles files{folder.path() / "cert.pem", folder.path() / "key.pem", {}, false};
};

std::string refusal(const TlsFiles& files) {
  const auto loaded = TlsContext::load(files);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == ErrorCode::usage_error);
  return loaded.error().message;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a certificate is loaded with the time of its end") {
  const TlsFolder tls;
  const auto context = must(TlsContext::load(tls.files));
  const auto left = context.expires() - utc_now();
  CHECK(left > std::chrono::days(29));
  CHECK(left <= std::chrono::days(30));
  tls.put(TlsPair(-60));  // one that has expired is still one
  CHECK(must(TlsContext::load(tls.files)).expires() < utc_now());
}

TEST_CASE("files of TLS that cannot be used say why") {
  const TlsFolder tls;
  const TlsPair pair, other;
  tls.put(pair);
  REQUIRE(write_file_atomically(tls.files.key, other.key, 0600));
  CHECK(contains(refusal(tls.files), "does not belong to the certificate"));
  for (const unsigned mode : {0640U, 0604U, 0620U}) {
    REQUIRE(write_file_atomically(tls.files.key, pair.key, mode));
    CHECK(contains(refusal(tls.files), "run: chmod 600"));
  }
  REQUIRE(write_file_atomically(tls.files.key, "", 0600));
  CHECK(contains(refusal(tls.files), "no private key"));
  tls.put(pair);
  // However much of the second certificate was written, the file is whole or refused.
  const std::string chain = pair.certificate + other.certificate;
  for (std::size_t size = 0; size < chain.size() - 1; size += 3) {
    REQUIRE(write_file_atomically(tls.files.certificate, chain.substr(0, size), 0644));
    const auto loaded = TlsContext::load(tls.files);
    const bool is_first_alone =
        size == pair.certificate.size() || size + 1 == pair.certificate.size();
    if (!is_first_alone) CHECK_FALSE(loaded);
  }
}

TEST_CASE("changed files are loaded once they stay the same, and broken ones never") {
  const TlsFolder tls;
  const auto gate = must(TlsGate::open(tls.files));
  const auto first = gate->context()->expires();
  CHECK_FALSE(gate->load_changed());
  tls.put(TlsPair(60 * kDay));
  CHECK_FALSE(gate->load_changed());  // may still be being written
  const auto second = gate->load_changed();
  REQUIRE(second);
  CHECK(*second);
  CHECK(gate->context()->expires() > first);
  CHECK_FALSE(gate->load_changed());

  const auto expires = gate->context()->expires();
  REQUIRE(write_file_atomically(tls.files.certificate, "half", 0644));
  CHECK_FALSE(gate->load_changed());
  const auto third = gate->load_changed();
  REQUIRE(third);
  CHECK_FALSE(*third);
  CHECK(gate->context()->expires() == expires);
  CHECK_FALSE(gate->load_changed());  // said once
  CHECK_FALSE(gate->load(tls.files));
  CHECK(gate->context()->expires() == expires);
}

TEST_CASE("files that were named before they could be used are loaded once they can") {
  const TlsFolder tls;
  const TlsFolder later;
  const auto gate = must(TlsGate::open(tls.files));
  const auto expires = gate->context()->expires();
  REQUIRE(std::filesystem::remove(later.files.certificate));
  CHECK_FALSE(gate->load(later.files));
  CHECK(gate->context()->expires() == expires);
  CHECK_FALSE(gate->load_changed());
  later.put(TlsPair(60 * kDay));
  CHECK_FALSE(gate->load_changed());  // may still be being written
  const auto loaded = gate->load_changed();
  REQUIRE(loaded);
  CHECK(*loaded);
  CHECK(gate->context()->expires() > expires);
}

// OpenSSL's client and our connection, at the two ends of a pair of sockets.
struct TlsConnectionFixture {
  TlsConnectionFixture() {
    ::signal(SIGPIPE, SIG_IGN);
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    socket = UniqueFd(pair[0]);
    // Small, so that answers are sent in many pieces.
    const int bytes = 4096;
    ::setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    connection.emplace(UniqueFd(pair[1]), Peer{"unix", true});
    connection->set_tls(must(TlsGate::open(tls.files))->accept(connection->fd()));
    client.reset(::SSL_new(context.get()));
    ::SSL_set_fd(client.get(), socket.get());
    ::SSL_set_connect_state(client.get());
    auto greeting = TlsSession::Handshake::waiting;
    for (int i = 0; i < 10 && greeting == TlsSession::Handshake::waiting; ++i) {
      ::SSL_do_handshake(client.get());
      greeting = connection->tls()->shake_hands();
    }
    REQUIRE(greeting == TlsSession::Handshake::done);
  }

  void send(std::string_view text) {
    REQUIRE(::SSL_write(client.get(), text.data(), static_cast<int>(text.size())) ==
            static_cast<int>(text.size()));
  }
  // What has arrived at the client.
  std::string take() {
    std::string all;
    char piece[1000];
    for (;;) {
      const int n = ::SSL_read(client.get(), piece, sizeof piece);
      if (n <= 0) return all;
      all.append(piece, static_cast<std::size_t>(n));
    }
  }
  // Everything that the connection sends, however often it must be called.
  std::string take_answer() {
    std::string all;
    for (;;) {
      const auto sent = connection->flush();
      REQUIRE(sent != Connection::Sent::failed);
      all += take();
      if (sent == Connection::Sent::all) return all;
    }
  }

  TlsFolder tls;
  std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)> context{::SSL_CTX_new(::TLS_client_method()),
                                                              &::SSL_CTX_free};
  UniqueFd socket;
  std::unique_ptr<SSL, decltype(&::SSL_free)> client{nullptr, &::SSL_free};
  std::optional<Connection> connection;
};

TEST_CASE_FIXTURE(TlsConnectionFixture,
                  "requests in many records, and many in a record, are all taken") {
  std::string path, all;
  for (int i = 0; i < 200; ++i) {
    const std::string one = "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
    if (i % 3 == 0) {
      for (const char c : one) send({&c, 1});
    } else {
      all += one;
      if (i % 3 == 2) send(std::exchange(all, {}));
    }
    if (i % 3 == 1) continue;
    for (int taken = i % 3 == 2 ? i - 1 : i; taken <= i; ++taken) {
      // As the front does: while there is something, and TLS says whether there is more.
      while (!connection->holds_request()) REQUIRE(connection->receive());
      connection->request = *RequestHead::parse(connection->head());
      CHECK(connection->request->path == "/" + std::to_string(taken));
      connection->next_request();
    }
  }
  CHECK(connection->receive());
  CHECK(connection->is_empty());
  CHECK_FALSE(connection->wants_to_receive());
}

TEST_CASE_FIXTURE(TlsConnectionFixture, "what follows a body in its record is not forgotten") {
  send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n");
  REQUIRE(connection->receive());
  connection->request = *RequestHead::parse(connection->head());
  send("abcdGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  std::array<std::uint8_t, 4> body{};
  CHECK(*connection->read(body) == 4);
  connection->next_request();
  CHECK(connection->is_empty());
  CHECK(connection->wants_to_receive());  // or nobody would look: the socket is empty
  REQUIRE(connection->receive());
  CHECK(connection->holds_request());
  CHECK_FALSE(connection->wants_to_receive());
}

TEST_CASE_FIXTURE(TlsConnectionFixture,
                  "an answer arrives whole through a socket that takes little") {
  std::string content(200'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * i >> 3);
  REQUIRE(write_file_atomically(tls.folder.path() / "file", content, 0600));
  Answer with_file{200, "head\r\n", nullptr, std::nullopt};
  with_file.file = FileBody{must(open_for_reading(tls.folder.path() / "file")), 5, 150'000};
  connection->send(std::move(with_file), "\r\n");
  CHECK(take_answer() == "head\r\n\r\n" + content.substr(5, 150'000));
  CHECK(connection->bytes_sent() == 8 + 150'000);

  const auto shared = std::make_shared<const std::string>(content);
  connection->send({200, "head\r\n", shared, std::nullopt}, "\r\n");
  CHECK(take_answer() == "head\r\n\r\n" + content);

  // Answers that are kept: some fit into the socket, most must wait in the middle.
  for (const std::size_t size : {10U, 5'000U, 12'000U, 16'376U, 16'377U, 100'000U}) {
    const auto body = std::make_shared<const std::string>(content.substr(0, size));
    const Answer kept{200, "head\r\n", body, std::nullopt};
    const auto sent = connection->send_kept(kept, "\r\n");
    REQUIRE(sent != Connection::Sent::failed);
    CHECK((sent == Connection::Sent::all ? take() : take_answer()) == "head\r\n\r\n" + *body);
  }
}

TEST_CASE_FIXTURE(TlsConnectionFixture,
                  "a client learns of the end, but not in the middle of an answer") {
  const auto body = std::make_shared<const std::string>(std::string(100'000, 'x'));
  connection->send({200, "", body, std::nullopt}, "");
  REQUIRE(connection->flush() == Connection::Sent::more);
  connection->say_end();
  CHECK(take_answer() == *body);
  CHECK((::SSL_get_shutdown(client.get()) & SSL_RECEIVED_SHUTDOWN) == 0);
  connection->say_end();
  CHECK(take().empty());
  CHECK((::SSL_get_shutdown(client.get()) & SSL_RECEIVED_SHUTDOWN) != 0);
}

TEST_CASE_FIXTURE(TlsConnectionFixture,
                  "a client that changes keys again and again gets a turn each, and then its end") {
  const auto change_keys = [&] {
    REQUIRE(::SSL_key_update(client.get(), SSL_KEY_UPDATE_REQUESTED) == 1);
    REQUIRE(::SSL_do_handshake(client.get()) == 1);
  };
  for (int i = 0; i < 20; ++i) change_keys();
  send("x");
  REQUIRE(connection->receive());
  CHECK(connection->is_empty());  // the change of keys was all of its turn
  CHECK(connection->wants_to_receive());
  for (int i = 0; i < 30 && connection->is_empty(); ++i) {
    REQUIRE(connection->receive());
    take();  // or the answers would fill the socket
  }
  CHECK(connection->body_received() == 1);
  CHECK_FALSE(connection->wants_to_receive());

  for (int i = 0; i < 20; ++i) change_keys();
  bool open = true;
  for (int i = 0; i < 100 && open; ++i) {
    open = connection->receive();
    take();
  }
  CHECK_FALSE(open);
}

TEST_CASE_FIXTURE(TlsConnectionFixture,
                  "a body that ends with its connection is incomplete over TLS too") {
  send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
  REQUIRE(connection->receive());
  connection->request = *RequestHead::parse(connection->head());
  std::array<std::uint8_t, 4> body{};
  CHECK(*connection->read(body) == 2);
  socket.reset();
  const auto rest = connection->read(body);
  REQUIRE_FALSE(rest);
  CHECK(rest.error().code == ErrorCode::body_incomplete);
}

}  // namespace
}  // namespace mkt
