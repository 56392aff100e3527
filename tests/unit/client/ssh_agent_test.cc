// The protocol of an ssh-agent, against an agent made here that answers as told: well, badly, late,
// or not at all. tests/integration/key_forms.sh has a real one.
#include "cli/client/ssh_agent.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "common/base/files.h"
#include "common/signing/openssh_key.h"
#include "tests/unit/must.h"
#include "tests/unit/signing/made_keys.h"

namespace mkt {
namespace {

using namespace std::chrono_literals;

// Answers one request on a socket with raw bytes; then keeps the connection open until its end.
class FakeAgent {
 public:
  explicit FakeAgent(Bytes answer, bool closes = true)
      : folder_(
            must(TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-agent-"))),
        listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = path();
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
    REQUIRE(::listen(listener_.get(), 4) == 0);
    thread_ = std::thread([this, answer = std::move(answer), closes] { serve(answer, closes); });
  }
  ~FakeAgent() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  FakeAgent(const FakeAgent&) = delete;
  FakeAgent& operator=(const FakeAgent&) = delete;

  std::string path() const { return (folder_.path() / "socket").string(); }
  SshAgent agent(std::chrono::milliseconds patience = 20s) const {
    return {path(), {patience, patience}};
  }
  // Once the call has returned.
  const Bytes& request() const { return request_; }

 private:
  void serve(const Bytes& answer, bool closes) {
    const UniqueFd client(::accept(listener_.get(), nullptr, nullptr));
    if (!client) return;
    Bytes head(4);
    if (::recv(client.get(), head.data(), head.size(), MSG_WAITALL) != 4) return;
    request_.resize(*SshReader(head).number());
    (void)::recv(client.get(), request_.data(), request_.size(), MSG_WAITALL);
    (void)::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    std::uint8_t end = 0;
    if (!closes) (void)::recv(client.get(), &end, 1, 0);
  }

  TemporaryFolder folder_;
  UniqueFd listener_;
  Bytes request_;
  std::thread thread_;
};

Bytes framed(const SshWriter& message) { return SshWriter().string(message.bytes()).bytes(); }

PublicKey made_key() { return must(read_openssh_line(made::kSshLine)); }

// The answer to a list: an ECDSA key, and the Ed25519 key.
Bytes two_keys() {
  const std::string line = made::kSshEcdsaLine;
  const std::string ecdsa = line.substr(line.find(' ') + 1, line.rfind(' ') - line.find(' ') - 1);
  SshWriter list;
  list.byte(12).number(2);
  list.string(*from_base64(ecdsa)).string("other");
  list.string(openssh_blob(made_key())).string("dev@acme.example\n");
  return framed(list);
}

Bytes signature_answer(const Signature& signature, std::string_view type = "ssh-ed25519") {
  SshWriter inner;
  inner.string(type).string(signature);
  SshWriter answer;
  answer.byte(14).string(inner.bytes());
  return framed(answer);
}

ErrorCode list_fails(Bytes answer) {
  const FakeAgent fake(std::move(answer));
  const auto list = fake.agent().identities();
  REQUIRE(!list);
  return list.error().code;
}

TEST_CASE("the keys of an agent are listed, with the fingerprints that ssh-add shows") {
  const FakeAgent fake(two_keys());
  const auto list = must(fake.agent().identities());
  REQUIRE(list.size() == 2);
  CHECK(list[0].type == "ecdsa-sha2-nistp256");
  CHECK(!list[0].key);
  CHECK(list[1].key == made_key());
  CHECK(list[1].fingerprint == made::kSshFingerprint);
  CHECK(list[1].comment == "dev@acme.example?");
  CHECK(fake.request() == Bytes{11});
}

TEST_CASE("a key of an agent is found by each of its names") {
  const std::string hex = made_key().fingerprint();
  for (const std::string& name : {"agent:" + std::string(made::kSshFingerprint), "agent:" + hex,
                                  "agent:acme:" + hex.substr(0, 16)}) {
    CAPTURE(name);
    const FakeAgent fake(two_keys());
    const AgentKeyName parsed = must(AgentKeyName::parse(name));
    CHECK(must(parsed.find(fake.agent())) == made_key());
    CHECK(parsed.key_id().has_value() == name.starts_with("agent:acme:"));
  }
}

TEST_CASE("a key that an agent does not have, or that is not Ed25519, is not found") {
  const FakeAgent fake(two_keys());
  const auto missing = must(AgentKeyName::parse("agent:" + std::string(64, '0')));
  const auto found = missing.find(fake.agent());
  REQUIRE(!found);
  CHECK(found.error().code == ErrorCode::key_not_found);
  CHECK(found.error().message.find(made::kSshFingerprint) != std::string::npos);

  const FakeAgent again(two_keys());
  const std::string ecdsa = must(again.agent().identities())[0].fingerprint;
  const FakeAgent third(two_keys());
  const auto other = must(AgentKeyName::parse("agent:" + ecdsa)).find(third.agent());
  REQUIRE(!other);
  CHECK(other.error().code == ErrorCode::key_invalid);
}

TEST_CASE("what names no key of an agent is wrong usage") {
  for (const char* name : {"agent:", "agent:SHA256:", "agent:SHA256:abc", "agent:acme",
                           "agent:acme:0123", "agent:0123456789abcdef", "agent:MD5:00:11"}) {
    const auto parsed = AgentKeyName::parse(name);
    REQUIRE(!parsed);
    CHECK(parsed.error().code == ErrorCode::usage_error);
  }
}

TEST_CASE("an agent signs the bytes as they are, and its signature is checked") {
  const SecretKey key = SecretKey::generate();
  const FakeAgent fake(signature_answer(key.sign("text")));
  CHECK(must(fake.agent().sign(key.public_key(), "text")) == key.sign("text"));
  SshWriter wanted;
  wanted.byte(13).string(openssh_blob(key.public_key())).string("text").number(0);
  CHECK(fake.request() == wanted.bytes());

  const FakeAgent liar(signature_answer(key.sign("other text")));
  const auto refused = liar.agent().sign(key.public_key(), "text");
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::signature_invalid);
}

TEST_CASE("an agent that refuses, or sends no Ed25519 signature, signs nothing") {
  const SecretKey key = SecretKey::generate();
  const auto sign = [&](Bytes answer) {
    const FakeAgent fake(std::move(answer));
    const auto signature = fake.agent().sign(key.public_key(), "text");
    REQUIRE(!signature);
    return signature.error().code;
  };
  CHECK(sign(framed(SshWriter().byte(5))) == ErrorCode::forbidden);
  CHECK(sign(signature_answer(key.sign("text"), "ssh-rsa")) == ErrorCode::io_error);
  CHECK(sign(framed(SshWriter().byte(14))) == ErrorCode::io_error);
  CHECK(sign(framed(SshWriter().byte(14).string("x"))) == ErrorCode::io_error);
  CHECK(sign(framed(SshWriter().byte(12).number(0))) == ErrorCode::io_error);
}

TEST_CASE("every length that an agent sends is bounded") {
  CHECK(list_fails(SshWriter().number(0xffff'ffff).byte(12).bytes()) == ErrorCode::io_error);
  CHECK(list_fails(SshWriter().number(0).bytes()) == ErrorCode::io_error);
  CHECK(list_fails(framed(SshWriter().byte(12))) == ErrorCode::io_error);
  CHECK(list_fails(framed(SshWriter().byte(12).number(0xffff'ffff))) == ErrorCode::io_error);
  CHECK(list_fails(framed(SshWriter().byte(12).number(1))) == ErrorCode::io_error);
  CHECK(list_fails(framed(SshWriter().byte(12).number(1).number(0xffff'fff0).byte(1))) ==
        ErrorCode::io_error);
  CHECK(list_fails(framed(SshWriter().byte(5))) == ErrorCode::io_error);
}

TEST_CASE("an agent that ends the connection or says nothing holds nobody up") {
  Bytes half = two_keys();
  half.resize(half.size() / 2);
  CHECK(list_fails(half) == ErrorCode::io_error);
  CHECK(list_fails({}) == ErrorCode::io_error);

  const FakeAgent silent({}, false);
  const auto list = silent.agent(50ms).identities();
  REQUIRE(!list);
  CHECK(list.error().code == ErrorCode::timed_out);
}

TEST_CASE("where no agent is, that is said") {
  for (const std::string& path : {std::string("/nowhere/agent"), std::string(200, 'x')}) {
    const auto list = SshAgent(path, {}).identities();
    REQUIRE(!list);
    CHECK(list.error().code == ErrorCode::key_not_found);
  }
}

}  // namespace
}  // namespace mkt
