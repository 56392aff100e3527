// RegistryClient: the registry's calls as functions, with the messages of common/wire.
//
// registry_connection.h says what is tried again, and where a token is sent. Every error names what
// was being done. Use from one thread.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/client/registry_connection.h"
#include "cli/client/settings.h"
#include "common/connector/names.h"
#include "common/connector/version.h"
#include "common/http/http_client.h"
#include "common/signing/key.h"
#include "common/signing/signature_file.h"
#include "common/wire/messages.h"
#include "common/wire/requests.h"
#include "common/wire/status_messages.h"
#include "common/wire/withdrawal_messages.h"

namespace mkt {

struct SearchOptions {
  std::string text;
  std::string capabilities;  // comma-separated
  std::string sort_by;
  unsigned page = 1;
  unsigned page_size = 20;
};

class RegistryClient {
 public:
  // `changes` is where the newest change is kept for later commands (last_change.h); empty:
  // nowhere.
  explicit RegistryClient(Settings settings, const ClientReliability& reliability = {},
                          const std::filesystem::path& changes = {})
      : connection_(std::move(settings), reliability, changes) {}

  const Settings& settings() const { return connection_.settings(); }
  const std::string& origin() const { return settings().registry; }

  Result<wire::SearchResult> search(const SearchOptions& options);
  Result<wire::ConnectorInfo> connector(const ConnectorId& id);
  // `which` is a version or "latest".
  Result<wire::VersionInfo> version(const ConnectorId& id, std::string_view which);
  Result<SignatureFile> signature(const ConnectorId& id, const Version& version);
  // The tarball's bytes, in order, to the sink.
  Status download(const ConnectorId& id, const Version& version, const HttpClient::Sink& sink,
                  const HttpClient::Progress& progress);
  // What changed after that sequence, or everything (then the listing's `since` is 0).
  Result<wire::KeyListing> keys_since(std::int64_t sequence);

  struct Published {
    wire::VersionInfo version;
    bool is_new;  // false: it was there already, with the same bytes
  };
  // `visibility` is that of a new connector, as visibility.h writes it; empty: not said.
  Result<Published> publish(const ConnectorId& id, const Version& version,
                            const SignatureFile& signature, const std::string& visibility, int fd,
                            std::uint64_t size, const HttpClient::Progress& progress);

  // Puts another signature over a version's bytes in the place of the one it has.
  Result<wire::VersionInfo> countersign(const ConnectorId& id, const Version& version,
                                        const SignatureFile& signature);

  // A key that the registry is to know. Its private half signs a proof that it is there; an admin
  // may register a key without, which somebody else keeps.
  struct KeyToRegister {
    using Prover = std::function<Result<Signature>(std::string_view text)>;
    KeyToRegister(const SecretKey& secret)  // NOLINT
        : key(secret.public_key()),
          prover([&secret](std::string_view text) { return secret.sign(text); }) {}
    KeyToRegister(const PublicKey& public_key, Prover signs)
        : key(public_key), prover(std::move(signs)) {}
    explicit KeyToRegister(const PublicKey& public_key) : key(public_key) {}

    PublicKey key;
    Prover prover{};                 // empty where there is no proof
    std::optional<KeyName> alias{};  // what the publisher's signature files call it
  };

  Result<wire::RegisteredInfo> register_publisher(const PublisherId& id,
                                                  const std::string& display_name,
                                                  const std::string& email,
                                                  const KeyToRegister& key);
  Result<wire::PublisherInfo> publisher(const PublisherId& id);
  Result<std::vector<wire::PublisherInfo>> publishers();
  Result<wire::PublisherInfo> change_publisher(const PublisherId& id,
                                               const wire::PublisherChange& change);

  // What the publisher's keys signed, of entries after that one; the newest first.
  Result<wire::SigningListing> signings(const PublisherId& id, std::int64_t after);

  struct NewKey {
    KeyToRegister key;
    std::optional<UtcTime> expires_at{};
    // The key that vouches for it, and whether that is retired in the same step.
    const SecretKey* endorser = nullptr;
    bool retires = false;
  };
  Result<wire::KeyInfo> add_key(const PublisherId& id, const NewKey& added);
  Result<wire::RevocationInfo> revoke_key(const KeyId& key_id,
                                          const wire::KeyRevocation& revocation);

  Result<std::vector<wire::OwnerInfo>> owners(const ConnectorId& id);
  Result<std::vector<wire::OwnerInfo>> add_owner(const ConnectorId& id, const PublisherId& owner);
  Result<std::vector<wire::OwnerInfo>> remove_owner(const ConnectorId& id,
                                                    const PublisherId& owner);

  // Entries after that sequence, and not before that time where one is given.
  Result<wire::LogListing> log(std::int64_t after, const std::optional<std::string>& since);

  Result<wire::VersionInfo> deprecate(const ConnectorId& id, const Version& version,
                                      const std::optional<std::string>& reason);

  Result<wire::VisibilityInfo> set_visibility(const ConnectorId& id,
                                              const wire::VisibilityChange& change);
  Result<wire::TakenOutInfo> quarantine(const ConnectorId& id, const Version& version,
                                        const wire::QuarantineChange& change);
  Result<wire::VersionInfo> release(const ConnectorId& id, const Version& version,
                                    const wire::QuarantineChange& change);
  Result<wire::TakenOutInfo> withdraw(const ConnectorId& id, const Version& version,
                                      const wire::WithdrawalWish& wish);

  struct Alive {
    std::string version;  // of mktd
    // By how much the registry's clock is ahead of this machine's, to a second; nullopt where the
    // answer had no date.
    std::optional<std::chrono::milliseconds> clock_ahead;
  };
  Result<Alive> alive();
  Result<wire::StatusInfo> status();
  // One's own, or, of an admin, those of a subject ("publisher:acme").
  Result<std::vector<wire::LimitInfo>> limits(const std::optional<std::string>& subject);
  Result<wire::LimitInfo> reset_limit(const std::string& scope, const std::string& subject);

  // For resources that have a client of their own (tenant_client.h): a call with the token.
  template <typename Message>
  Result<Message> get(const std::string& path) {
    MKT_TRY(const Json json, connection_.get_json(path, RegistryConnection::As::somebody));
    return Message::parse(json);
  }
  template <typename Message>
  Result<Message> send(const char* method, const std::string& path) {
    return send_keyed<Message>(method, path, std::nullopt);
  }
  template <typename Message, typename Body>
  Result<Message> send(const char* method, const std::string& path, const Body& body) {
    return send_keyed<Message>(method, path, body.to_json());
  }

  Result<wire::TokenInfo> create_token(const wire::NewToken& wanted);
  Result<std::vector<wire::TokenInfo>> tokens();
  Status revoke_token(const std::string& id);
  // Who the token makes the caller; with another token than the settings' where one is given.
  Result<wire::TokenInfo> whoami(const std::optional<std::string>& token = std::nullopt);

 private:
  template <typename Message>
  Result<Message> send_keyed(const char* method, const std::string& path,
                             const std::optional<Json>& body) {
    MKT_TRY(const Json json,
            connection_.send_json(method, path, body, RegistryConnection::As::somebody,
                                  RegistryConnection::Again::with_key));
    return Message::parse(json);
  }
  // That the key is there; none where it has no prover.
  Result<std::optional<wire::KeyProofPart>> prove(const PublisherId& id, const KeyToRegister& key);

  RegistryConnection connection_;
};

}  // namespace mkt
