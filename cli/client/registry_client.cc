#include "cli/client/registry_client.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/client/credentials.h"
#include "common/base/duration.h"
#include "common/base/encoding.h"
#include "common/base/text.h"
#include "common/base/url.h"
#include "common/base/utf8.h"
#include "common/http/http_date.h"
#include "common/signing/key_proof.h"

namespace mkt {
namespace {

using std::chrono::milliseconds;

// For all attempts of a call together, where --timeout says nothing else.
constexpr milliseconds kDeadline{30'000};
// Where a rate limit is waited out: longer ones are none that anybody waits for.
constexpr milliseconds kLongestLimit = std::chrono::hours(1);
constexpr int kAttemptsWaiting = 10;
constexpr milliseconds kWorthTelling{900};
constexpr std::size_t kKeyBytes = 16;
constexpr std::uint64_t kProgressBytes = 64 * 1024;

std::string version_path(const ConnectorId& id, std::string_view version) {
  return fmt::format("/v1/connectors/{}/{}", id.text(), url_encode(version));
}

std::string publisher_path(const PublisherId& id) { return "/v1/publishers/" + id.text(); }

std::string owners_path(const ConnectorId& id) {
  return fmt::format("/v1/connectors/{}/owners", id.text());
}

bool has_token(const HttpRequest& request) {
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [](const std::string& field) { return field.starts_with("Authorization:"); });
}

// A name that may mean either loopback address.
bool is_localhost(std::string_view origin) {
  constexpr std::string_view kName = "http://localhost";
  return origin == kName || origin.starts_with(std::string(kName) + ":");
}

// What failed there is told from what fails on this machine. A registry that failed unexpectedly is
// not an mkt that did.
Error of_the_registry(Error error, int status) {
  switch (error.code) {
    case ErrorCode::internal_error:
      error.code = ErrorCode::registry_unavailable;
      error.message =
          fmt::format("the registry failed (HTTP status {}): {}", status, error.message);
      break;
    case ErrorCode::storage_full:
      error.message = "the disk of the registry is full, not this machine's: " + error.message;
      break;
    case ErrorCode::storage_failed:
    case ErrorCode::io_error:
      error.message = "the disk of the registry failed, not this machine's: " + error.message;
      break;
    default:
      break;
  }
  return error;
}

}  // namespace

std::string url_encode(std::string_view text) { return percent_encode(text); }

RegistryClient::RegistryClient(Settings settings, const ClientReliability& reliability,
                               const std::filesystem::path& changes)
    : settings_(std::move(settings)),
      reliability_(reliability),
      last_change_(changes, settings_.registry, utc_now()),
      http_(settings_.timeout),
      breaker_(reliability.breakers.get("the registry", {}, reliability.clock)) {
  http_.set_ca_file(settings_.ca_file);
}

// What may pass by itself, soon: bounded by the deadline and the budget.
RetryPolicy RegistryClient::retry_policy(bool may_send_again) const {
  RetryPolicy policy;
  policy.backoff = Backoff::fast();
  policy.budget = &reliability_.budget;
  policy.deadline = settings_.timeout.count() > 0 ? settings_.timeout : kDeadline;
  policy.longest_hint = *policy.deadline;
  policy.may_retry = [may_send_again](const Error& error) {
    return may_send_again && error.code != ErrorCode::rate_limited && is_transient(error);
  };
  policy.before_wait = telling();
  policy.clock = &reliability_.clock;
  return policy;
}

// A limit passes by the clock: waiting for it says nothing of how long a registry that fails is
// tried, so it is a course of its own around that one. A refused request was not carried out: any
// may be sent again.
RetryPolicy RegistryClient::limit_policy() const {
  RetryPolicy policy;
  policy.backoff = Backoff::fast();
  policy.backoff.attempts = kAttemptsWaiting;
  policy.longest_hint = kLongestLimit;
  policy.may_retry = [waits = settings_.wait_for_limits](const Error& error) {
    return waits && error.code == ErrorCode::rate_limited;
  };
  policy.before_wait = telling();
  policy.clock = &reliability_.clock;
  return policy;
}

std::function<void(const FailedAttempt&, const Attempt&)> RegistryClient::telling() const {
  return [this](const FailedAttempt& failed, const Attempt&) {
    if (failed.wait < kWorthTelling || !settings_.on_wait) return;
    const auto wait = std::chrono::ceil<std::chrono::seconds>(failed.wait);
    settings_.on_wait(
        fmt::format("{}; waiting {}", printable(failed.error.message), format_duration(wait)));
  };
}

Result<HttpResponse> RegistryClient::call_once(const HttpRequest& request,
                                               const HttpClient::Sink& sink,
                                               const HttpClient::Progress& progress) {
  MKT_TRY(HttpResponse response, http_.send(request, sink, progress));
  const bool unchanged = response.status == 304;  // only where it was asked for
  if (response.status / 100 != 2 && !unchanged) {
    Error error =
        of_the_registry(wire::parse_error(response.status, response.body), response.status);
    error.retry_after = response.retry_after;
    return error;
  }
  return response;
}

bool RegistryClient::can_sign_in() const {
  const auto token = token_for(settings_, local_daemon(settings_.registry));
  return token && *token;
}

Result<HttpResponse> RegistryClient::call(const HttpRequest& request, As as,
                                          const HttpClient::Sink& sink,
                                          const HttpClient::Progress& progress, Again again) {
  if (as == As::whoever) {
    auto response = call_as(request, As::somebody, sink, progress, again);
    if (response || response.error().code != ErrorCode::unauthorized) return response;
    as = As::anyone;
  }
  const bool signs_in = reads_want_token_ && !has_token(request);
  auto response = call_as(request, signs_in ? As::somebody : as, sink, progress, again);
  // Nobody's token is sent in the place of another that was refused.
  if (response || as == As::somebody || request.method != "GET" || has_token(request) ||
      reads_want_token_) {
    return response;
  }
  const ErrorCode code = response.error().code;
  // Some connectors are there only for some who sign in.
  const bool may_be_hidden = code == ErrorCode::connector_not_found && can_sign_in();
  if (code != ErrorCode::unauthorized && !may_be_hidden) return response;
  auto signed_in = call_as(request, As::somebody, sink, progress, again);
  if (!signed_in && may_be_hidden) return response;
  reads_want_token_ = true;
  return signed_in;
}

Result<HttpResponse> RegistryClient::call_as(HttpRequest request, As as,
                                             const HttpClient::Sink& sink,
                                             const HttpClient::Progress& progress, Again again) {
  // Looked at anew each time: a daemon may end while this waits, and another program take its port.
  // Without a token only "localhost" needs it. Reading the kernel's list of sockets takes longer
  // than the request itself.
  std::optional<LocalDaemon> local;
  if (as == As::somebody || is_localhost(settings_.registry)) {
    local = local_daemon(settings_.registry);
  }
  // "localhost" may be either loopback address: the daemon's own leads to it and to nobody else.
  request.url = (local ? local->url : settings_.registry) + request.url;
  if (as == As::somebody) {
    MKT_TRY(const auto token, token_for(settings_, local));
    if (token) request.headers.push_back("Authorization: Bearer " + *token);
  }
  const bool keyed = again == Again::with_key && request.method == "POST";
  if (keyed) request.headers.push_back("Idempotency-Key: " + random_hex(kKeyBytes));
  if (const auto newest = last_change_.newest(utc_now())) {
    request.headers.push_back(fmt::format("Mkt-Min-Sequence: {}", *newest));
  }
  const bool changes = request.method != "GET";
  if (changes) request.keep_headers = true;
  std::uint64_t received = 0;
  HttpClient::Sink counting;
  if (sink) {
    counting = [&](std::span<const std::uint8_t> bytes) {
      received += bytes.size();
      return sink(bytes);
    };
  }
  const ResilientExecutor executor(breaker_, retry_policy(keyed || again == Again::yes));
  const auto send = [&](const Attempt& attempt) {
    HttpRequest next = request;
    // --timeout is for all attempts together.
    if (settings_.timeout.count() > 0) next.timeout = attempt.left;
    // The bytes of a version never change, and their checksum is checked at the end.
    if (received > 0) next.headers.push_back(fmt::format("Range: bytes={}-", received));
    return call_once(next, counting, progress);
  };
  const auto try_often = [&] {
    for (;;) {
      const std::uint64_t before = received;
      auto result = executor.run(send).result;
      // A long download may break more often than a short request: it is given up once it gets no
      // further, not after a number of breaks.
      const bool gets_on = settings_.timeout.count() == 0 && received - before >= kProgressBytes;
      if (result || !gets_on || !is_transient(result.error())) return result;
    }
  };
  auto report = retry_with_result(try_often, limit_policy());
  if (changes && report.result) note_change(*report.result);
  return std::move(report.result);
}

void RegistryClient::note_change(const HttpResponse& response) {
  const auto told = response.headers.find("mkt-sequence");
  if (told == response.headers.end()) return;
  const auto sequence = parse_natural(told->second);
  if (sequence && *sequence > 0) last_change_.told(*sequence, utc_now());
}

Result<Json> RegistryClient::get_json(const std::string& path, As as) {
  HttpRequest request;
  request.url = path;
  MKT_TRY(const HttpResponse response, call(request, as));
  return parse_json(response.body, "the registry's answer");
}

Result<Json> RegistryClient::send_json(const char* method, const std::string& path,
                                       const std::optional<Json>& body, As as, Again again) {
  HttpRequest request;
  request.method = method;
  request.url = path;
  if (body) request.body = dump_json(*body);
  MKT_TRY(const HttpResponse response, call(request, as, {}, {}, again));
  if (response.body.empty()) return Json::object();
  return parse_json(response.body, "the registry's answer");
}

Result<wire::SearchResult> RegistryClient::search(const SearchOptions& o) {
  std::string path =
      fmt::format("/v1/search?q={}&page={}&pageSize={}", url_encode(o.text), o.page, o.page_size);
  if (!o.capabilities.empty()) path += "&capabilities=" + url_encode(o.capabilities);
  if (!o.sort_by.empty()) path += "&sortBy=" + url_encode(o.sort_by);
  MKT_TRY(const Json json, get_json(path, As::whoever));
  return wire::SearchResult::parse(json);
}

Result<wire::ConnectorInfo> RegistryClient::connector(const ConnectorId& id) {
  MKT_TRY(const Json json, get_json("/v1/connectors/" + id.text()));
  return wire::ConnectorInfo::parse(json);
}

Result<wire::VersionInfo> RegistryClient::version(const ConnectorId& id, std::string_view which) {
  MKT_TRY(const Json json, get_json(version_path(id, which)));
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
  MKT_TRY(const Json json, get_json(version_path(id, version.text()) + "/signature"));
  return SignatureFile::from_json(json);
}

Status RegistryClient::download(const ConnectorId& id, const Version& version,
                                const HttpClient::Sink& sink,
                                const HttpClient::Progress& progress) {
  HttpRequest request;
  request.url = version_path(id, version.text()) + "/tarball";
  MKT_TRY(const HttpResponse response, call(request, As::anyone, sink, progress));
  return {};
}

Result<wire::KeyListing> RegistryClient::keys_since(std::int64_t sequence) {
  HttpRequest request;
  request.url = sequence == 0 ? "/v1/keys" : fmt::format("/v1/keys?since={}", sequence);
  MKT_TRY(const HttpResponse response, call(request, As::anyone));
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
  MKT_TRY(const HttpResponse response, call(request, As::somebody, {}, progress));
  MKT_TRY(const Json json, parse_json(response.body, "the registry's answer"));
  MKT_TRY(wire::VersionInfo info, wire::VersionInfo::parse(json));
  return Published{std::move(info), response.status == 201};
}

Result<wire::VersionInfo> RegistryClient::countersign(const ConnectorId& id, const Version& version,
                                                      const SignatureFile& signature) {
  MKT_TRY(const Json json,
          send_json("PUT", version_path(id, version.text()) + "/signature", signature.json()));
  return wire::VersionInfo::parse(json);
}

Result<std::optional<wire::KeyProofPart>> RegistryClient::prove(const PublisherId& id,
                                                                const KeyToRegister& key) {
  if (!key.prover) return std::optional<wire::KeyProofPart>();
  MKT_TRY(const Json json, send_json("POST", publisher_path(id) + "/challenges", std::nullopt));
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
  MKT_TRY(const Json json, send_json("POST", "/v1/publishers", body.to_json()));
  return wire::RegisteredInfo::parse(json);
}

Result<wire::PublisherInfo> RegistryClient::change_publisher(const PublisherId& id,
                                                             const wire::PublisherChange& change) {
  MKT_TRY(const Json json, send_json("PATCH", publisher_path(id), change.to_json()));
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
  MKT_TRY(const Json json, send_json("POST", publisher_path(id) + "/keys", body.to_json()));
  return wire::KeyInfo::parse(json);
}

Result<wire::RevocationInfo> RegistryClient::revoke_key(const KeyId& key_id,
                                                        const wire::KeyRevocation& revocation) {
  const std::string path = fmt::format("{}/keys/{}/revoke", publisher_path(key_id.publisher()),
                                       url_encode(key_id.text()));
  MKT_TRY(const Json json, send_json("POST", path, revocation.to_json()));
  return wire::RevocationInfo::parse(json);
}

Result<std::vector<wire::OwnerInfo>> RegistryClient::owners(const ConnectorId& id) {
  MKT_TRY(const Json json, get_json(owners_path(id)));
  MKT_TRY(wire::OwnerListing listing, wire::OwnerListing::parse(json));
  return std::move(listing.owners);
}

Result<std::vector<wire::OwnerInfo>> RegistryClient::add_owner(const ConnectorId& id,
                                                               const PublisherId& owner) {
  MKT_TRY(const Json json, send_json("PUT", owners_path(id) + "/" + owner.text(), std::nullopt));
  MKT_TRY(wire::OwnerListing listing, wire::OwnerListing::parse(json));
  return std::move(listing.owners);
}

Result<std::vector<wire::OwnerInfo>> RegistryClient::remove_owner(const ConnectorId& id,
                                                                  const PublisherId& owner) {
  MKT_TRY(const Json json, send_json("DELETE", owners_path(id) + "/" + owner.text(), std::nullopt));
  MKT_TRY(wire::OwnerListing listing, wire::OwnerListing::parse(json));
  return std::move(listing.owners);
}

Result<wire::LogListing> RegistryClient::log(std::int64_t after,
                                             const std::optional<std::string>& since) {
  std::string path = fmt::format("/v1/log?after={}&limit=1000", after);
  if (since) path += "&since=" + url_encode(*since);
  MKT_TRY(const Json json, get_json(path, As::somebody));
  return wire::LogListing::parse(json);
}

Result<wire::PublisherInfo> RegistryClient::publisher(const PublisherId& id) {
  MKT_TRY(const Json json, get_json(publisher_path(id)));
  return wire::PublisherInfo::parse(json);
}

Result<std::vector<wire::PublisherInfo>> RegistryClient::publishers() {
  MKT_TRY(const Json json, get_json("/v1/publishers"));
  MKT_TRY(wire::PublisherListing listing, wire::PublisherListing::parse(json));
  return std::move(listing.publishers);
}

Result<wire::VersionInfo> RegistryClient::deprecate(const ConnectorId& id, const Version& version,
                                                    const std::optional<std::string>& reason) {
  const std::string path = version_path(id, version.text()) + "/deprecate";
  MKT_TRY(const Json json, reason ? send_json("POST", path, wire::Deprecation{*reason}.to_json())
                                  : send_json("DELETE", path, std::nullopt));
  return wire::VersionInfo::parse(json);
}

Result<wire::VisibilityInfo> RegistryClient::set_visibility(const ConnectorId& id,
                                                            const wire::VisibilityChange& change) {
  MKT_TRY(const Json json, send_json("PUT", fmt::format("/v1/connectors/{}/visibility", id.text()),
                                     change.to_json()));
  return wire::VisibilityInfo::parse(json);
}

Result<wire::TakenOutInfo> RegistryClient::quarantine(const ConnectorId& id, const Version& version,
                                                      const wire::QuarantineChange& change) {
  const std::string path = version_path(id, version.text()) + "/quarantine";
  MKT_TRY(const Json json, send_json("POST", path, change.to_json()));
  return wire::TakenOutInfo::parse(json);
}

Result<wire::VersionInfo> RegistryClient::release(const ConnectorId& id, const Version& version,
                                                  const wire::QuarantineChange& change) {
  const std::string path = version_path(id, version.text()) + "/release";
  MKT_TRY(const Json json, send_json("POST", path, change.to_json()));
  return wire::VersionInfo::parse(json);
}

Result<wire::TakenOutInfo> RegistryClient::withdraw(const ConnectorId& id, const Version& version,
                                                    const wire::WithdrawalWish& wish) {
  const std::string path = version_path(id, version.text()) + "/withdraw";
  MKT_TRY(const Json json, send_json("POST", path, wish.to_json()));
  return wire::TakenOutInfo::parse(json);
}

Result<RegistryClient::Alive> RegistryClient::alive() {
  HttpRequest request;
  request.url = "/healthz";
  request.keep_headers = true;
  const UtcTime before = utc_now();
  MKT_TRY(const HttpResponse response, call(request, As::anyone));
  const UtcTime after = utc_now();
  MKT_TRY(const Json json, parse_json(response.body, "the registry's answer"));
  MKT_TRY(wire::AliveInfo info, wire::AliveInfo::parse(json));
  Alive alive{std::move(info.version), std::nullopt};
  const auto date = response.headers.find("date");
  const auto there = date != response.headers.end() ? parse_http_date(date->second) : std::nullopt;
  // It was written at some moment between, in whole seconds.
  if (there) alive.clock_ahead = *there + milliseconds(500) - (before + (after - before) / 2);
  return alive;
}

Result<wire::StatusInfo> RegistryClient::status() {
  MKT_TRY(const Json json, get_json("/v1/status", As::somebody));
  return wire::StatusInfo::parse(json);
}

Result<std::vector<wire::LimitInfo>> RegistryClient::limits(
    const std::optional<std::string>& subject) {
  const std::string query = subject ? "?subject=" + url_encode(*subject) : std::string();
  MKT_TRY(const Json json, get_json("/v1/limits" + query, As::somebody));
  MKT_TRY(wire::LimitListing listing, wire::LimitListing::parse(json));
  return std::move(listing.limits);
}

Result<wire::LimitInfo> RegistryClient::reset_limit(const std::string& scope,
                                                    const std::string& subject) {
  const std::string path = fmt::format("/v1/limits/{}/{}", url_encode(scope), url_encode(subject));
  MKT_TRY(const Json json, send_json("DELETE", path, std::nullopt, As::somebody, Again::yes));
  return wire::LimitInfo::parse(json);
}

Result<wire::TokenInfo> RegistryClient::create_token(const wire::NewToken& wanted) {
  MKT_TRY(const Json json, send_json("POST", "/v1/tokens", wanted.to_json()));
  return wire::TokenInfo::parse(json);
}

Result<std::vector<wire::TokenInfo>> RegistryClient::tokens() {
  MKT_TRY(const Json json, get_json("/v1/tokens", As::somebody));
  MKT_TRY(wire::TokenListing listing, wire::TokenListing::parse(json));
  return std::move(listing.tokens);
}

Status RegistryClient::revoke_token(const std::string& id) {
  MKT_TRY(const Json json, send_json("DELETE", "/v1/tokens/" + url_encode(id), std::nullopt));
  return {};
}

Result<wire::TokenInfo> RegistryClient::whoami(const std::optional<std::string>& token) {
  HttpRequest request;
  request.url = "/v1/tokens/current";
  if (token) request.headers.push_back("Authorization: Bearer " + *token);
  MKT_TRY(const HttpResponse response, call(request, token ? As::anyone : As::somebody));
  MKT_TRY(const Json json, parse_json(response.body, "the registry's answer"));
  return wire::TokenInfo::parse(json);
}

}  // namespace mkt
