#include "cli/commands/signer.h"

#include <fmt/format.h>

#include "cli/client/key_book.h"
#include "cli/client/registry_client.h"
#include "cli/commands/private_key_source.h"
#include "cli/commands/signing_key.h"

namespace mkt {
namespace {

// The publisher that has registered the key, by the registry's list of keys.
Result<KeyId> registered_id(const Session& session, const PublicKey& key) {
  const std::string fingerprint = key.fingerprint();
  const std::string by_hand = fmt::format("name its publisher: --key agent:PUBLISHER:{}",
                                          fingerprint.substr(0, KeyId::kFingerprintDigits));
  MKT_TRY(RegistryClient registry, session.registry());
  const Settings& settings = registry.settings();
  auto book = KeyBook::open(registry, key_book_folder(), settings.registry, false, utc_now());
  if (!book) {
    Error error = book.error().context("while looking whose key it is");
    error.message += "; or " + by_hand;
    return error;
  }
  MKT_TRY(const auto found, book->with_fingerprint(fingerprint));
  if (found.size() == 1 && found[0].public_key == key.base64()) {
    MKT_TRY(const PublisherId publisher, PublisherId::parse(found[0].publisher_id));
    return KeyId::of(publisher, fingerprint);
  }
  if (found.empty()) {
    return Error(ErrorCode::key_unknown,
                 fmt::format("no publisher of {} has registered this key; register it, or {}",
                             settings.registry, by_hand));
  }
  return Error(ErrorCode::usage_error,
               fmt::format("several publishers have registered this key; {}", by_hand));
}

}  // namespace

Result<Signer> open_agent_signer(const Session& session, const std::string& wanted,
                                 const PublisherId* publisher) {
  MKT_TRY(const AgentKeyName name, AgentKeyName::parse(wanted));
  MKT_TRY(SshAgent agent, SshAgent::from_environment());
  MKT_TRY(PublicKey key, name.find(agent));
  auto key_id = name.key_id() ? Result<KeyId>(*name.key_id())
                : publisher   ? KeyId::of(*publisher, key.fingerprint())
                              : registered_id(session, key);
  if (!key_id) return key_id.error().context(wanted);
  return Signer(std::move(*key_id), AgentKey{std::move(agent), std::move(key)});
}

PublicKey Signer::public_key() const {
  if (const auto* secret = std::get_if<SecretKey>(&key_)) return secret->public_key();
  return std::get<AgentKey>(key_).key;
}

Result<Signature> Signer::sign(std::string_view text) const {
  if (const auto* secret = std::get_if<SecretKey>(&key_)) return secret->sign(text);
  const AgentKey& agent = std::get<AgentKey>(key_);
  return agent.agent.sign(agent.key, text);
}

Result<SignatureFile> Signer::sign(const Checksum& checksum, UtcTime now) const {
  MKT_TRY(const Signature signature, sign(checksum.text()));
  return signature_file_of(key_id_, checksum, signature, now);
}

Result<Signer> open_signer(const Session& session, const std::string& wanted) {
  if (wanted.empty()) {
    MKT_TRY(auto given, take_environment_key());
    if (given) return Signer(std::move(given->key_id), std::move(given->secret));
  }
  MKT_TRY(const NamedKey named, named_key(session, wanted));
  if (AgentKeyName::is_one(named.text)) {
    auto signer = open_agent_signer(session, named.text, nullptr);
    if (!signer && !named.place.empty()) return signer.error().context(named.place);
    return signer;
  }
  MKT_TRY(SigningKey key, open_signing_key(session, wanted));
  return Signer(std::move(key.info.key_id), std::move(key.secret));
}

void add_key_option(CLI::App* command, std::string& key) {
  command->add_option("--key", key,
                      "Key id, or agent:FINGERPRINT for a key of the ssh-agent (default: "
                      "$MKT_SIGNING_KEY, $MKT_KEY, config.toml, or the only key)");
}

}  // namespace mkt
