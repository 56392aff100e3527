// SshAgent: signs with Ed25519 keys that an ssh-agent keeps, by its protocol
// (draft-miller-ssh-agent: SSH_AGENTC_REQUEST_IDENTITIES, SSH_AGENTC_SIGN_REQUEST).
//
// The private key never leaves the agent. For an Ed25519 key an agent signs the bytes as they are,
// so that its signature is the one that the key itself would make; it is checked before it is used.
// Everything that the agent sends is bounded, and so is the time that it may take. Each call has a
// connection of its own. Values; thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/encoding.h"
#include "common/base/result.h"
#include "common/connector/names.h"
#include "common/signing/key.h"
#include "common/signing/ssh_encoding.h"

namespace mkt {

class SshAgent {
 public:
  struct Identity {
    std::string type;         // "ssh-ed25519"
    std::string fingerprint;  // "SHA256:…", as ssh-add -l shows it
    std::string comment;
    std::optional<PublicKey> key;  // of an Ed25519 key
  };
  struct Patience {
    std::chrono::milliseconds list{std::chrono::seconds(10)};
    // Some agents ask a person first.
    std::chrono::milliseconds sign{std::chrono::seconds(60)};
  };

  // Of SSH_AUTH_SOCK; key_not_found where that is not set.
  static Result<SshAgent> from_environment();
  SshAgent(std::string socket, const Patience& patience)
      : socket_(std::move(socket)), patience_(patience) {}

  // key_not_found where no agent answers, timed_out, io_error for an answer that is not of the
  // protocol.
  Result<std::vector<Identity>> identities() const;
  // Also forbidden where the agent refuses, signature_invalid where the key did not make it.
  Result<Signature> sign(const PublicKey& key, std::string_view text) const;

 private:
  Result<Bytes> ask(const SshWriter& request, std::chrono::milliseconds patience) const;
  std::string socket_;
  Patience patience_;
};

// What follows --key for a key of an agent: `agent:SHA256:…` (as ssh-add -l shows it), `agent:` and
// the 64 digits of mkt's fingerprint, or `agent:` and a key id.
class AgentKeyName {
 public:
  static bool is_one(std::string_view text) { return text.starts_with("agent:"); }
  // usage_error
  static Result<AgentKeyName> parse(std::string_view text);

  // key_not_found, with the keys that the agent has; key_invalid for a key of another type.
  Result<PublicKey> find(const SshAgent& agent) const;
  // Where it names the publisher.
  const std::optional<KeyId>& key_id() const { return key_id_; }

 private:
  bool names(const SshAgent::Identity& identity) const;
  std::string text_;
  std::string fingerprint_;
  std::optional<KeyId> key_id_;
};

}  // namespace mkt
