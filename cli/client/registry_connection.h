// RegistryConnection: how a request gets to the registry and its answer back.
//
// What may pass is tried again, three times within half a minute: reading, publishing (the same
// bytes again change nothing) and what goes with an Idempotency-Key. A download goes on where it
// stopped, for as long as it gets on. A rate limit is waited out where the settings say so, however
// long the rest may take.
//
// A token is sent only with the calls that need one, and only to the settings' registry. The newest
// change that the registry told of is kept, and asked for by what is read next (last_change.h).
// Use from one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/client/last_change.h"
#include "cli/client/settings.h"
#include "common/base/json.h"
#include "common/base/result.h"
#include "common/http/http_client.h"
#include "common/reliability/breaker_registry.h"
#include "common/reliability/retry.h"
#include "common/reliability/retry_budget.h"

namespace mkt {

// What retries lean on; tests bring their own.
struct ClientReliability {
  Clock& clock = system_clock();
  RetryBudget& budget = process_retry_budget();
  BreakerRegistry& breakers = process_breakers();
};

class RegistryConnection {
 public:
  // `whoever`: signs in where there is a token that the registry takes, and else does not.
  enum class As { anyone, whoever, somebody };
  // May a request be sent again? `with_key`: under an Idempotency-Key, a POST.
  enum class Again { no, yes, with_key };

  // `changes` as in registry_client.h.
  RegistryConnection(Settings settings, const ClientReliability& reliability,
                     const std::filesystem::path& changes);

  const Settings& settings() const { return settings_; }

  // The request's URL is a path; that of the registry is put before it. An answer of another class
  // than 2xx is an error, but for a 304. A read for anyone is sent again with the token where the
  // registry's reads want one.
  Result<HttpResponse> call(const HttpRequest& request, As as, const HttpClient::Sink& sink = {},
                            const HttpClient::Progress& progress = {}, Again again = Again::yes);
  Result<Json> get_json(const std::string& path, As as = As::anyone);
  // An empty object where the answer has no body.
  Result<Json> send_json(const char* method, const std::string& path,
                         const std::optional<Json>& body, As as = As::somebody,
                         Again again = Again::no);

 private:
  bool can_sign_in() const;
  Result<HttpResponse> call_as(HttpRequest request, As as, const HttpClient::Sink& sink,
                               const HttpClient::Progress& progress, Again again);
  Result<HttpResponse> call_once(const HttpRequest& request, const HttpClient::Sink& sink,
                                 const HttpClient::Progress& progress);
  void note_change(const HttpResponse& response);
  RetryPolicy retry_policy(bool may_send_again) const;
  RetryPolicy limit_policy() const;
  std::function<void(const FailedAttempt&, const Attempt&)> telling() const;

  const Settings settings_;
  const ClientReliability reliability_;
  bool reads_want_token_ = false;  // it has said so, or shows more to who signs in
  LastChange last_change_;
  HttpClient http_;
  std::shared_ptr<CircuitBreaker> breaker_;
};

}  // namespace mkt
