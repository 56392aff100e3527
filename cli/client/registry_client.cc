#include "cli/client/registry_client.h"

#include <fmt/format.h>

#include "common/base/encoding.h"
#include "common/base/url.h"
#include "common/base/utf8.h"
#include "common/http/http_date.h"
#include "common/signing/key_proof.h"

namespace mkt {
namespace {

using As = RegistryConnection::As;
using Again = RegistryConnection::Again;

std::string version_path(const ConnectorId& id, std::string_view version) {
  return fmt::format("/v1/connectors/{}/{}", id.text(), percent_encode(version));
}

std::string publisher_path(const PublisherId& id) { return "/v1/publishers/" + id.text(); }

std::string owners_path(const ConnectorId& id) {
  return fmt::format("/v1/connectors/{}/owners", id.text());
}

}  // namespace

Result<wire::SearchResult> RegistryClient::search(const SearchOptions& o) {
  std::string path = fmt::format("/v1/search?q={}&page={}&pageSize={}", percent_encode(o.text),
                                 o.page, o.page_size);
  if (!o.capabilities.empty()) path += "&capabilities=" + percent_encode(o.capabilities);
  if (!o.sort_by.empty()) path += "&sortBy=" + percent_encode(o.sort_by);
  MKT_TRY(const Json json, connection_.get_json(path, As::whoever));
  return wire::SearchResult::parse(json);
}

Result<wire::ConnectorInfo> RegistryClient::connector(const ConnectorId& id) {
  MKT_TRY(const Json json, connection_.get_json("/v1/connectors/" + id.text()));
  return wire::ConnectorInfo::parse(json);
}

Result<wire::VersionInfo> RegistryClient::version(const ConnectorId& id, std::string_view which) {
  MKT_TRY(const Json json, connection_.get_json(version_path(id, which)));
  MKT_TRY(wire::VersionInfo info, wire::VersionInfo::parse(json));
  // An older version, signed as well as the one that was asked for, must not take its place.
  if (info.id != id.text() || (which != "latest" && info.version != which)) {
    return Error(ErrorCode::manifest_mismatch,
                 fmt::format("the registry answered with {}@{} for {}@{}", printable(info.id),
                             printable(info.version), id.text(), printable(which)));
  }
  return info;
}

Result<SignatureFile> RegistryClient::signature(const ConnectorId& id, const Version& version) {
  MKT_TRY(const Json json, connection_.get_json(version_path(id, version.text()) + "/signature"));
  return SignatureFile::from_json(json);
}

Status RegistryClient::download(const ConnectorId& id, const Version& version,
                                const HttpClient::Sink& sink,
                                const HttpClient::Progress& progress) {
  HttpRequest request;
  request.url = version_path(id, version.text()) + "/tarball";
  MKT_TRY(const HttpResponse response, connection_.call(request, As::anyone, sink, progress));
  return {};
}

Result<wire::KeyListing> RegistryClient::keys_since(std::int64_t sequence) {
  HttpRequest request;
  request.url = sequence == 0 ? "/v1/keys" : fmt::format("/v1/keys?since={}", sequence);
  MKT_TRY(const HttpResponse response, connection_.call(request, As::anyone));
  MKT_TRY(const Json json, parse_json(response.body, "the registry's answer"));
  return wire::KeyListing::parse(json);
}

Result<RegistryClient::Published> RegistryClient::publish(const ConnectorId& id,
                                                          const Version& version,
                                                          const SignatureFile& signature,
                                                          const std::string& visibility, int fd,
                                                          std::uint64_t size,
                                                          const HttpClient::Progress& progress) {
  HttpRequest request;
  request.method = "PUT";
  request.url = version_path(id, version.text());
  request.headers = {"Content-Type: application/gzip",
                     "Mkt-Signature: " + to_base64(as_bytes(dump_json(signature.json())))};
  if (!visibility.empty()) request.headers.push_back("Mkt-Visibility: " + visibility);
  request.file = HttpRequest::File{fd, size};
  MKT_TRY(const HttpResponse response, connection_.call(request, As::somebody, {}, progress));
  MKT_TRY(const Json json, parse_json(response.body, "the registry's answer"));
  MKT_TRY(wire::VersionInfo info, wire::VersionInfo::parse(json));
  return Published{std::move(info), response.status == 201};
}

Result<wire::VersionInfo> RegistryClient::countersign(const ConnectorId& id, const Version& version,
                                                      const SignatureFile& signature) {
  MKT_TRY(const Json json,
          connection_.send_json("PUT", version_path(id, version.text()) + "/signature",
                                signature.json()));
  return wire::VersionInfo::parse(json);
}

Result<std::optional<wire::KeyProofPart>> RegistryClient::prove(const PublisherId& id,
                                                                const KeyToRegister& key) {
  if (!key.prover) return std::optional<wire::KeyProofPart>();
  MKT_TRY(const Json json,
          connection_.send_json("POST", publisher_path(id) + "/challenges", std::nullopt));
  MKT_TRY(const auto info, wire::ChallengeInfo::parse(json));
  MKT_TRY(const Signature signature, key.prover(possession_text(id, key.key, info.challenge)));
  return std::optional(wire::KeyProofPart{info.challenge, to_base64(signature)});
}

Result<wire::RegisteredInfo> RegistryClient::register_publisher(const PublisherId& id,
                                                                const std::string& display_name,
                                                                const std::string& email,
                                                                const KeyToRegister& key) {
  wire::NewPublisher body;
  body.id = id.text();
  body.display_name = display_name;
  body.email = email;
  body.public_key = key.key.base64();
  if (key.alias) body.key_id = key.alias->text();
  MKT_TRY(body.proof, prove(id, key));
  MKT_TRY(const Json json, connection_.send_json("POST", "/v1/publishers", body.to_json()));
  return wire::RegisteredInfo::parse(json);
}

Result<wire::PublisherInfo> RegistryClient::change_publisher(const PublisherId& id,
                                                             const wire::PublisherChange& change) {
  MKT_TRY(const Json json, connection_.send_json("PATCH", publisher_path(id), change.to_json()));
  return wire::PublisherInfo::parse(json);
}

Result<wire::KeyInfo> RegistryClient::add_key(const PublisherId& id, const NewKey& added) {
  wire::NewKey body;
  body.public_key = added.key.key.base64();
  if (added.key.alias) body.key_id = added.key.alias->text();
  MKT_TRY(body.proof, prove(id, added.key));
  body.expires_at = added.expires_at;
  if (added.endorser != nullptr) {
    const PublicKey by = added.endorser->public_key();
    body.endorsement = wire::EndorsementPart{
        KeyId::of(id, by.fingerprint()).text(),
        to_base64(added.endorser->sign(endorsement_text(id, by, added.key.key))), added.retires};
  }
  MKT_TRY(const Json json,
          connection_.send_json("POST", publisher_path(id) + "/keys", body.to_json()));
  return wire::KeyInfo::parse(json);
}

Result<wire::RevocationInfo> RegistryClient::revoke_key(const KeyId& key_id,
                                                        const wire::KeyRevocation& revocation) {
  const std::string path = fmt::format("{}/keys/{}/revoke", publisher_path(key_id.publisher()),
                                       percent_encode(key_id.text()));
  MKT_TRY(const Json json, connection_.send_json("POST", path, revocation.to_json()));
  return wire::RevocationInfo::parse(json);
}

Result<std::vector<wire::OwnerInfo>> RegistryClient::owners(const ConnectorId& id) {
  MKT_TRY(const Json json, connection_.get_json(owners_path(id)));
  MKT_TRY(wire::OwnerListing listing, wire::OwnerListing::parse(json));
  return std::move(listing.owners);
}

Result<std::vector<wire::OwnerInfo>> RegistryClient::add_owner(const ConnectorId& id,
                                                               const PublisherId& owner) {
  MKT_TRY(const Json json,
          connection_.send_json("PUT", owners_path(id) + "/" + owner.text(), std::nullopt));
  MKT_TRY(wire::OwnerListing listing, wire::OwnerListing::parse(json));
  return std::move(listing.owners);
}

Result<std::vector<wire::OwnerInfo>> RegistryClient::remove_owner(const ConnectorId& id,
                                                                  const PublisherId& owner) {
  MKT_TRY(const Json json,
          connection_.send_json("DELETE", owners_path(id) + "/" + owner.text(), std::nullopt));
  MKT_TRY(wire::OwnerListing listing, wire::OwnerListing::parse(json));
  return std::move(listing.owners);
}

Result<wire::LogListing> RegistryClient::log(std::int64_t after,
                                             const std::optional<std::string>& since) {
  std::string path = fmt::format("/v1/log?after={}&limit=1000", after);
  if (since) path += "&since=" + percent_encode(*since);
  MKT_TRY(const Json json, connection_.get_json(path, As::somebody));
  return wire::LogListing::parse(json);
}

Result<wire::PublisherInfo> RegistryClient::publisher(const PublisherId& id) {
  MKT_TRY(const Json json, connection_.get_json(publisher_path(id)));
  return wire::PublisherInfo::parse(json);
}

Result<wire::SigningListing> RegistryClient::signings(const PublisherId& id, std::int64_t after) {
  MKT_TRY(const Json json,
          connection_.get_json(fmt::format("{}/signings?after={}", publisher_path(id), after), As::somebody));
  return wire::SigningListing::parse(json);
}

Result<std::vector<wire::PublisherInfo>> RegistryClient::publishers() {
  MKT_TRY(const Json json, connection_.get_json("/v1/publishers"));
  MKT_TRY(wire::PublisherListing listing, wire::PublisherListing::parse(json));
  return std::move(listing.publishers);
}

Result<wire::VersionInfo> RegistryClient::deprecate(const ConnectorId& id, const Version& version,
                                                    const std::optional<std::string>& reason) {
  const std::string path = version_path(id, version.text()) + "/deprecate";
  MKT_TRY(const Json json,
          reason ? connection_.send_json("POST", path, wire::Deprecation{*reason}.to_json())
                 : connection_.send_json("DELETE", path, std::nullopt));
  return wire::VersionInfo::parse(json);
}

Result<wire::VisibilityInfo> RegistryClient::set_visibility(const ConnectorId& id,
                                                            const wire::VisibilityChange& change) {
  MKT_TRY(const Json json,
          connection_.send_json("PUT", fmt::format("/v1/connectors/{}/visibility", id.text()),
                                change.to_json()));
  return wire::VisibilityInfo::parse(json);
}

Result<wire::TakenOutInfo> RegistryClient::quarantine(const ConnectorId& id, const Version& version,
                                                      const wire::QuarantineChange& change) {
  const std::string path = version_path(id, version.text()) + "/quarantine";
  MKT_TRY(const Json json, connection_.send_json("POST", path, change.to_json()));
  return wire::TakenOutInfo::parse(json);
}

Result<wire::VersionInfo> RegistryClient::release(const ConnectorId& id, const Version& version,
                                                  const wire::QuarantineChange& change) {
  const std::string path = version_path(id, version.text()) + "/release";
  MKT_TRY(const Json json, connection_.send_json("POST", path, change.to_json()));
  return wire::VersionInfo::parse(json);
}

Result<wire::TakenOutInfo> RegistryClient::withdraw(const ConnectorId& id, const Version& version,
                                                    const wire::WithdrawalWish& wish) {
  const std::string path = version_path(id, version.text()) + "/withdraw";
  MKT_TRY(const Json json, connection_.send_json("POST", path, wish.to_json()));
  return wire::TakenOutInfo::parse(json);
}

Result<RegistryClient::Alive> RegistryClient::alive() {
  HttpRequest request;
  request.url = "/healthz";
  request.keep_headers = true;
  const UtcTime before = utc_now();
  MKT_TRY(const HttpResponse response, connection_.call(request, As::anyone));
  const UtcTime after = utc_now();
  MKT_TRY(const Json json, parse_json(response.body, "the registry's answer"));
  MKT_TRY(wire::AliveInfo info, wire::AliveInfo::parse(json));
  Alive alive{std::move(info.version), std::nullopt};
  const auto date = response.headers.find("date");
  const auto there = date != response.headers.end() ? parse_http_date(date->second) : std::nullopt;
  // It was written at some moment between, in whole seconds.
  if (there)
    alive.clock_ahead = *there + std::chrono::milliseconds(500) - (before + (after - before) / 2);
  return alive;
}

Result<wire::StatusInfo> RegistryClient::status() {
  MKT_TRY(const Json json, connection_.get_json("/v1/status", As::somebody));
  return wire::StatusInfo::parse(json);
}

Result<std::vector<wire::LimitInfo>> RegistryClient::limits(
    const std::optional<std::string>& subject) {
  const std::string query = subject ? "?subject=" + percent_encode(*subject) : std::string();
  MKT_TRY(const Json json, connection_.get_json("/v1/limits" + query, As::somebody));
  MKT_TRY(wire::LimitListing listing, wire::LimitListing::parse(json));
  return std::move(listing.limits);
}

Result<wire::LimitInfo> RegistryClient::reset_limit(const std::string& scope,
                                                    const std::string& subject) {
  const std::string path =
      fmt::format("/v1/limits/{}/{}", percent_encode(scope), percent_encode(subject));
  MKT_TRY(const Json json,
          connection_.send_json("DELETE", path, std::nullopt, As::somebody, Again::yes));
  return wire::LimitInfo::parse(json);
}

Result<wire::TokenInfo> RegistryClient::create_token(const wire::NewToken& wanted) {
  MKT_TRY(const Json json, connection_.send_json("POST", "/v1/tokens", wanted.to_json()));
  return wire::TokenInfo::parse(json);
}

Result<std::vector<wire::TokenInfo>> RegistryClient::tokens() {
  MKT_TRY(const Json json, connection_.get_json("/v1/tokens", As::somebody));
  MKT_TRY(wire::TokenListing listing, wire::TokenListing::parse(json));
  return std::move(listing.tokens);
}

Status RegistryClient::revoke_token(const std::string& id) {
  MKT_TRY(const Json json,
          connection_.send_json("DELETE", "/v1/tokens/" + percent_encode(id), std::nullopt));
  return {};
}

Result<wire::TokenInfo> RegistryClient::whoami(const std::optional<std::string>& token) {
  HttpRequest request;
  request.url = "/v1/tokens/current";
  if (token) request.headers.push_back("Authorization: Bearer " + *token);
  MKT_TRY(const HttpResponse response,
          connection_.call(request, token ? As::anyone : As::somebody));
  MKT_TRY(const Json json, parse_json(response.body, "the registry's answer"));
  return wire::TokenInfo::parse(json);
}

}  // namespace mkt
