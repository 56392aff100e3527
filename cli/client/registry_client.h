// RegistryClient: the registry's calls as functions, with the messages of common/wire.
//
// What may pass is tried again, three times within half a minute: reading, publishing (the same
// bytes again change nothing) and what goes with an Idempotency-Key. A download goes on where it
// stopped, for as long as it gets on. A rate limit is waited out where the settings say so, however
// long the rest may take.
//
// Every error names what was being done. A token is sent only with the calls that need one, and
// only to the settings' registry. Use from one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/client/last_change.h"
#include "cli/client/settings.h"
#include "common/connector/names.h"
#include "common/connector/version.h"
#include "common/http/http_client.h"
#include "common/reliability/breaker_registry.h"
#include "common/reliability/resilient_executor.h"
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

// For a path or a query: RFC 3986's unreserved characters stay, all else is percent-encoded.
std::string url_encode(std::string_view text);

// What retries lean on; tests bring their own.
struct ClientReliability {
  Clock& clock = system_clock();
  RetryBudget& budget = process_retry_budget();
  BreakerRegistry& breakers = process_breakers();
};

class RegistryClient {
  // `whoever`: signs in where there is a token that the registry takes, and else does not.
  enum class As { anyone, whoever, somebody };
  // May a request be sent again? `with_key`: under an Idempotency-Key, a POST.
  enum class Again { no, yes, with_key };

 public:
  // `changes` is where the newest change is kept for later commands (last_change.h); empty:
  // nowhere.
  explicit RegistryClient(Settings settings, const ClientReliability& reliability = {},
                          const std::filesystem::path& changes = {});

  const Settings& settings() const { return settings_; }
  const std::string& origin() const { return settings_.registry; }

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
    MKT_TRY(const Json json, get_json(path, As::somebody));
    return Message::parse(json);
  }
  template <typename Message>
  Result<Message> send(const char* method, const std::string& path) {
    MKT_TRY(const Json json, send_json(method, path, std::nullopt, As::somebody, Again::with_key));
    return Message::parse(json);
  }
  template <typename Message, typename Body>
  Result<Message> send(const char* method, const std::string& path, const Body& body) {
    MKT_TRY(const Json json,
            send_json(method, path, body.to_json(), As::somebody, Again::with_key));
    return Message::parse(json);
  }

  Result<wire::TokenInfo> create_token(const wire::NewToken& wanted);
  Result<std::vector<wire::TokenInfo>> tokens();
  Status revoke_token(const std::string& id);
  // Who the token makes the caller; with another token than the settings' where one is given.
  Result<wire::TokenInfo> whoami(const std::optional<std::string>& token = std::nullopt);

 private:
  // A read for anyone is sent again with the token where the registry's reads want one.
  Result<HttpResponse> call(const HttpRequest& request, As as, const HttpClient::Sink& sink = {},
                            const HttpClient::Progress& progress = {}, Again again = Again::yes);
  bool can_sign_in() const;
  Result<HttpResponse> call_as(HttpRequest request, As as, const HttpClient::Sink& sink,
                               const HttpClient::Progress& progress, Again again);
  Result<HttpResponse> call_once(const HttpRequest& request, const HttpClient::Sink& sink,
                                 const HttpClient::Progress& progress);
  void note_change(const HttpResponse& response);
  RetryPolicy retry_policy(bool may_send_again) const;
  RetryPolicy limit_policy() const;
  std::function<void(const FailedAttempt&, const Attempt&)> telling() const;
  Result<Json> get_json(const std::string& path, As as = As::anyone);
  Result<Json> send_json(const char* method, const std::string& path,
                         const std::optional<Json>& body, As as = As::somebody,
                         Again again = Again::no);
  // That the key is there; none where it has no prover.
  Result<std::optional<wire::KeyProofPart>> prove(const PublisherId& id, const KeyToRegister& key);

  const Settings settings_;
  const ClientReliability reliability_;
  bool reads_want_token_ = false;  // it has said so, or shows more to who signs in
  LastChange last_change_;
  HttpClient http_;
  std::shared_ptr<CircuitBreaker> breaker_;
};

}  // namespace mkt
