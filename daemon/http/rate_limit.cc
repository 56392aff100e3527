// Headers and refusals.
#include "daemon/http/rate_limit.h"

#include <fmt/format.h>

#include "common/base/duration.h"
#include "common/base/utc_time.h"
#include "daemon/service/keys.h"

namespace mkt {
namespace {

using std::chrono::ceil;
using std::chrono::seconds;

std::string_view what_of(LimitScope scope) {
  switch (scope) {
    case LimitScope::publish:
      return "publishing";
    case LimitScope::search:
      return "searching";
    case LimitScope::download:
      return "downloading";
    case LimitScope::install:
      return "installing";
    case LimitScope::change:
      return "changes";
    case LimitScope::registration:
      return "registering publishers";
    case LimitScope::auth_failure:
      return "tokens that are not valid";
  }
  return "";
}

}  // namespace

std::optional<std::string> publishing_subject(const Caller& caller) {
  if (!caller.signed_in() || caller.role != Role::publisher) return std::nullopt;
  return publisher_subject(caller.subject);
}

std::string signing_subject(const Marketplace& market, const Caller& caller,
                            const SignatureFile& signature) {
  if (const auto key = find_key(market, signature.key_id)) {
    return publisher_subject(key->publisher_id);
  }
  return "token:" + caller.token_id;  // an unknown key, which the handler refuses
}

std::optional<std::string> installing_subject(const Request& request) {
  const auto tenant = TenantId::parse(request.path_parameter("tenant"));
  if (!tenant || !require_member(request.caller, *tenant)) return std::nullopt;
  return tenant_subject(tenant->text());
}

std::optional<std::string> client_subject(const Request& request) {
  return address_subject(request.caller.address);
}

std::vector<std::pair<std::string, std::string>> rate_limit_headers(LimitScope scope,
                                                                    const LimitDecision& d) {
  const seconds reset = d.reset_seconds();
  const auto now = std::chrono::duration_cast<seconds>(utc_now().time_since_epoch());
  const std::string_view name = limit_scope_name(scope);
  return {{"X-RateLimit-Limit", std::to_string(d.limit.requests)},
          {"X-RateLimit-Remaining", std::to_string(d.remaining)},
          {"X-RateLimit-Reset", std::to_string((now + reset).count())},
          {"RateLimit-Policy", fmt::format("\"{}\";q={};w={}", name, d.limit.requests,
                                           ceil<seconds>(d.limit.window).count())},
          {"RateLimit", fmt::format("\"{}\";r={};t={}", name, d.remaining, reset.count())}};
}

Error rate_limit_error(LimitScope scope, const LimitDecision& d) {
  const seconds wait = std::max(seconds(1), d.reset_seconds());
  Error error(ErrorCode::rate_limited,
              fmt::format("the limit of {} for {} is used up; try again in {}", d.limit.text(),
                          what_of(scope), format_duration(wait)));
  error.retry_after = wait;
  return error;
}

Status count_request(RateLimiter& limiter, LimitScope scope, const Limited& who, Request& request) {
  MKT_TRY(const auto decision, limiter.check(scope, who));
  if (!decision) return {};
  request.answer_headers = rate_limit_headers(scope, *decision);
  return decision->allowed ? Status() : rate_limit_error(scope, *decision);
}

Handler limited(RateLimiter& limiter, LimitScope scope, SubjectOf subject_of, Handler handler) {
  return std::move(handler).behind(
      [&limiter, scope, subject_of = std::move(subject_of)](Request& request) -> Status {
        const auto subject = subject_of(request);
        if (!subject) return {};
        return count_request(limiter, scope, {*subject, request.caller.address}, request);
      });
}

}  // namespace mkt
