#include "cli/client/registry_connection.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/client/credentials.h"
#include "cli/client/local_daemon.h"
#include "common/base/duration.h"
#include "common/base/encoding.h"
#include "common/base/text.h"
#include "common/base/utf8.h"
#include "common/reliability/resilient_executor.h"
#include "common/wire/messages.h"

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

RegistryConnection::RegistryConnection(Settings settings, const ClientReliability& reliability,
                                       const std::filesystem::path& changes)
    : settings_(std::move(settings)),
      reliability_(reliability),
      last_change_(changes, settings_.registry, utc_now()),
      http_(settings_.timeout),
      breaker_(reliability.breakers.get("the registry", {}, reliability.clock)) {
  http_.set_ca_file(settings_.ca_file);
}

// What may pass by itself, soon: bounded by the deadline and the budget.
RetryPolicy RegistryConnection::retry_policy(bool may_send_again) const {
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
RetryPolicy RegistryConnection::limit_policy() const {
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

std::function<void(const FailedAttempt&, const Attempt&)> RegistryConnection::telling() const {
  return [this](const FailedAttempt& failed, const Attempt&) {
    if (failed.wait < kWorthTelling || !settings_.on_wait) return;
    const auto wait = std::chrono::ceil<std::chrono::seconds>(failed.wait);
    settings_.on_wait(
        fmt::format("{}; waiting {}", printable(failed.error.message), format_duration(wait)));
  };
}

Result<HttpResponse> RegistryConnection::call_once(const HttpRequest& request,
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

bool RegistryConnection::can_sign_in() const {
  const auto token = token_for(settings_, local_daemon(settings_.registry));
  return token && *token;
}

Result<HttpResponse> RegistryConnection::call(const HttpRequest& request, As as,
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
  if (!signed_in && may_be_hidden && signed_in.error().code != ErrorCode::forbidden)
    return response;
  reads_want_token_ = true;
  return signed_in;
}

Result<HttpResponse> RegistryConnection::call_as(HttpRequest request, As as,
                                                 const HttpClient::Sink& sink,
                                                 const HttpClient::Progress& progress,
                                                 Again again) {
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

void RegistryConnection::note_change(const HttpResponse& response) {
  const auto told = response.headers.find("mkt-sequence");
  if (told == response.headers.end()) return;
  const auto sequence = parse_natural(told->second);
  if (sequence && *sequence > 0) last_change_.told(*sequence, utc_now());
}

Result<Json> RegistryConnection::get_json(const std::string& path, As as) {
  HttpRequest request;
  request.url = path;
  MKT_TRY(const HttpResponse response, call(request, as));
  return parse_json(response.body, "the registry's answer");
}

Result<Json> RegistryConnection::send_json(const char* method, const std::string& path,
                                           const std::optional<Json>& body, As as, Again again) {
  HttpRequest request;
  request.method = method;
  request.url = path;
  if (body) request.body = dump_json(*body);
  MKT_TRY(const HttpResponse response, call(request, as, {}, {}, again));
  if (response.body.empty()) return Json::object();
  return parse_json(response.body, "the registry's answer");
}

}  // namespace mkt
