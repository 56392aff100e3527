// Signer: what a tarball or an approval is signed with. It is a key file on this machine, a key
// from the environment (MKT_SIGNING_KEY), or a key that an ssh-agent keeps.
//
// A command that needs the private key itself, such as `mkt key rotate`, uses signing_key.h.
#pragma once

#include <string>
#include <variant>

#include "cli/client/ssh_agent.h"
#include "cli/commands/command.h"
#include "common/signing/signature_file.h"

namespace mkt {

// A key that an agent keeps.
struct AgentKey {
  SshAgent agent;
  PublicKey key;
};

class Signer {
 public:
  Signer(KeyId key_id, SecretKey key) : key_id_(std::move(key_id)), key_(std::move(key)) {}
  Signer(KeyId key_id, AgentKey key) : key_id_(std::move(key_id)), key_(std::move(key)) {}

  const KeyId& key_id() const { return key_id_; }
  PublicKey public_key() const;
  // Only an agent can fail: see SshAgent::sign.
  Result<Signature> sign(std::string_view text) const;
  Result<SignatureFile> sign(const Checksum& checksum, UtcTime now) const;

 private:
  KeyId key_id_;
  std::variant<SecretKey, AgentKey> key_;
};

// `wanted` is what follows --key: a key id, or `agent:…` (AgentKeyName). Where it is empty, this is
// the key of MKT_SIGNING_KEY or MKT_SIGNING_KEY_FILE; else what MKT_KEY or `key` in config.toml
// names; else the only key here. Fails as open_signing_key, take_environment_key and SshAgent do.
Result<Signer> open_signer(const Session& session, const std::string& wanted);

// A key of the ssh-agent, by what follows --key. `publisher` is whose it is to become, for one that
// is not registered yet.
Result<Signer> open_agent_signer(const Session& session, const std::string& wanted,
                                 const PublisherId* publisher);

// --key, for open_signer.
void add_key_option(CLI::App* command, std::string& key);

}  // namespace mkt
