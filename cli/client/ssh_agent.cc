#include "cli/client/ssh_agent.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/signing/openssh_key.h"

namespace mkt {
namespace {

using std::chrono::milliseconds;
using Deadline = std::chrono::steady_clock::time_point;

// Numbers of messages: draft-miller-ssh-agent, section 6.1.
constexpr std::uint8_t kFailure = 5;
constexpr std::uint8_t kRequestIdentities = 11;
constexpr std::uint8_t kIdentities = 12;
constexpr std::uint8_t kRequestSignature = 13;
constexpr std::uint8_t kSignature = 14;

// OpenSSH's own bounds.
constexpr std::uint32_t kMaxAnswerBytes = 256 * 1024;
constexpr std::uint32_t kMaxIdentities = 2048;
constexpr std::size_t kMaxCommentBytes = 256;  // of which more is not shown
constexpr std::string_view kEd25519Type = "ssh-ed25519";

Error not_of_protocol(std::string_view what) {
  return Error(ErrorCode::io_error,
               fmt::format("the ssh-agent sent an answer that mkt does not understand: {}", what));
}

Error agent_gone(const std::string& socket, int errno_value) {
  return Error(ErrorCode::key_not_found,
               fmt::format("no ssh-agent answers at {} ($SSH_AUTH_SOCK): {}", printable(socket),
                           std::strerror(errno_value)));
}

// Waits until the descriptor is ready.
Status wait_for_agent(int fd, short events, Deadline deadline) {
  while (true) {
    const auto left =
        std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd waiting{fd, events, 0};
    const int ready = left <= 0 ? 0 : ::poll(&waiting, 1, static_cast<int>(left));
    if (ready > 0) return {};
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return system_error("cannot wait for the ssh-agent", errno);
    return Error(ErrorCode::timed_out, "the ssh-agent did not answer in time");
  }
}

Result<UniqueFd> connect_to_agent(const std::string& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.size() >= sizeof address.sun_path) return agent_gone(socket, ENAMETOOLONG);
  socket.copy(address.sun_path, socket.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return system_error("cannot make a socket", errno);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return agent_gone(socket, errno);
  }
  return fd;
}

Status send_all(int fd, std::span<const std::uint8_t> bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
      MKT_CHECK(wait_for_agent(fd, POLLOUT, deadline));
    } else {
      return system_error("cannot send to the ssh-agent", errno);
    }
  }
  return {};
}

Status receive_all(int fd, std::span<std::uint8_t> into, Deadline deadline) {
  while (!into.empty()) {
    const ssize_t n = ::recv(fd, into.data(), into.size(), 0);
    if (n > 0) {
      into = into.subspan(static_cast<std::size_t>(n));
    } else if (n == 0) {
      return Error(ErrorCode::io_error, "the ssh-agent closed the connection without an answer");
    } else if (errno == EAGAIN || errno == EINTR) {
      MKT_CHECK(wait_for_agent(fd, POLLIN, deadline));
    } else {
      return system_error("cannot receive from the ssh-agent", errno);
    }
  }
  return {};
}

std::string shown_comment(std::span<const std::uint8_t> comment) {
  return printable(as_text(comment.first(std::min(comment.size(), kMaxCommentBytes))));
}

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && from_hex(text).has_value();
}

}  // namespace

Result<SshAgent> SshAgent::from_environment() {
  const char* socket = std::getenv("SSH_AUTH_SOCK");
  if (socket == nullptr || *socket == '\0') {
    return Error(ErrorCode::key_not_found,
                 "there is no ssh-agent to sign: SSH_AUTH_SOCK is not set; start one: "
                 "eval \"$(ssh-agent)\" && ssh-add FILE");
  }
  return SshAgent(socket, Patience());
}

// A message is its length, a byte for its kind, and the rest.
Result<Bytes> SshAgent::ask(const SshWriter& request, milliseconds patience) const {
  const Deadline deadline = std::chrono::steady_clock::now() + patience;
  MKT_TRY(const UniqueFd fd, connect_to_agent(socket_));
  MKT_CHECK(send_all(fd.get(), SshWriter().string(request.bytes()).bytes(), deadline));
  std::array<std::uint8_t, 4> head{};
  MKT_CHECK(receive_all(fd.get(), head, deadline));
  const std::uint32_t size = *SshReader(head).number();
  if (size == 0 || size > kMaxAnswerBytes) {
    return not_of_protocol(fmt::format("its length is {}", size));
  }
  Bytes answer(size);
  MKT_CHECK(receive_all(fd.get(), answer, deadline));
  return answer;
}

Result<std::vector<SshAgent::Identity>> SshAgent::identities() const {
  MKT_TRY(const Bytes answer, ask(SshWriter().byte(kRequestIdentities), patience_.list));
  SshReader reader(answer);
  if (reader.byte() != kIdentities) return not_of_protocol("it is no list of keys");
  const auto count = reader.number();
  if (!count || *count > kMaxIdentities) return not_of_protocol("its number of keys");
  std::vector<Identity> all;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto blob = reader.string();
    const auto comment = reader.string();
    if (!blob || !comment) return not_of_protocol("its list of keys is cut off");
    Identity identity{openssh_blob_type(*blob), openssh_fingerprint(*blob), shown_comment(*comment),
                      std::nullopt};
    if (auto key = read_openssh_blob(*blob)) identity.key = std::move(*key);
    all.push_back(std::move(identity));
  }
  return all;
}

Result<Signature> SshAgent::sign(const PublicKey& key, std::string_view text) const {
  SshWriter request;
  request.byte(kRequestSignature).string(openssh_blob(key)).string(text).number(0);
  MKT_TRY(const Bytes answer, ask(request, patience_.sign));
  SshReader reader(answer);
  const auto kind = reader.byte();
  if (kind == kFailure) {
    return Error(ErrorCode::forbidden,
                 fmt::format("the ssh-agent refused to sign with {}: it may be locked, or nobody "
                             "confirmed it",
                             openssh_fingerprint(openssh_blob(key))));
  }
  const auto blob = kind == kSignature ? reader.string() : std::nullopt;
  if (!blob) return not_of_protocol("it is no signature");
  SshReader inner(*blob);
  const auto type = inner.string();
  const auto bytes = inner.string();
  Signature signature{};
  if (!type || as_text(*type) != kEd25519Type || !bytes || bytes->size() != signature.size()) {
    return not_of_protocol("it is no signature by Ed25519");
  }
  std::ranges::copy(*bytes, signature.begin());
  if (!key.verifies(text, signature)) {
    return Error(ErrorCode::signature_invalid,
                 fmt::format("the ssh-agent gave a signature that {} did not make; it was not used",
                             openssh_fingerprint(openssh_blob(key))));
  }
  return signature;
}

Result<AgentKeyName> AgentKeyName::parse(std::string_view text) {
  constexpr std::string_view kPrefix = "agent:";
  constexpr std::string_view kSha256 = "SHA256:";
  constexpr std::size_t kDigestDigits = 43;  // 32 bytes in base64 without padding
  AgentKeyName name;
  name.text_ = printable(text.substr(0, 200));
  const std::string_view rest = text.substr(kPrefix.size());
  if (rest.starts_with(kSha256) && rest.size() == kSha256.size() + kDigestDigits &&
      from_base64(std::string(rest.substr(kSha256.size())) + "=")) {
    name.fingerprint_ = rest;
    return name;
  }
  if (is_hex(rest, 2 * PublicKey::kSize)) {
    name.fingerprint_ = rest;
    return name;
  }
  if (auto id = KeyId::parse(rest)) {
    name.key_id_ = std::move(*id);
    return name;
  }
  return Error(
      ErrorCode::usage_error,
      fmt::format("\"{}\" names no key of an ssh-agent; write agent: and then a fingerprint "
                  "(SHA256:…, as ssh-add -l shows it, or mkt's 64 digits) or a key id",
                  name.text_));
}

bool AgentKeyName::names(const SshAgent::Identity& identity) const {
  if (!fingerprint_.empty() && identity.fingerprint == fingerprint_) return true;
  if (!identity.key) return false;
  const std::string own = identity.key->fingerprint();
  return key_id_ ? KeyId::of(key_id_->publisher(), own) == *key_id_ : own == fingerprint_;
}

Result<PublicKey> AgentKeyName::find(const SshAgent& agent) const {
  MKT_TRY(const auto identities, agent.identities());
  std::string there;
  for (const SshAgent::Identity& identity : identities) {
    if (names(identity)) {
      if (identity.key) return *identity.key;
      return Error(ErrorCode::key_invalid,
                   fmt::format("{} is a key of the type {}; mkt signs with Ed25519 keys only",
                               text_, identity.type));
    }
    if (!identity.key) continue;
    there +=
        fmt::format("{}{} ({})", there.empty() ? "" : ", ", identity.fingerprint, identity.comment);
  }
  return Error(ErrorCode::key_not_found,
               fmt::format("the ssh-agent does not have the key {}; its Ed25519 keys are: {}; add "
                           "yours: ssh-add FILE",
                           text_, there.empty() ? "none" : there));
}

}  // namespace mkt
