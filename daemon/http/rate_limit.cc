// Headers and refusals; see rate_limit.h.
#include "daemon/http/rate_limit.h"

#include <fmt/format.h>

#include "common/base/duration.h"
#include "common/base/utc_time.h"

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
    case LimitScope::auth_failure:
      return "tokens that are not valid";
  }
  return "";
}

}  // namespace

std::optional<std::string> publishing_subject(const Request& request) {
  const Caller& caller = request.caller;
  if (caller.is_admin()) return "token:" + caller.token_id;
  if (!caller.signed_in() || caller.role != Role::publisher) return std::nullopt;
  return publisher_subject(caller.subject);
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
  const seconds reset = ceil<seconds>(d.reset);
  const auto now = std::chrono::duration_cast<seconds>(utc_now().time_since_epoch());
  const std::string_view name = limit_scope_word(scope);
  return {{"X-RateLimit-Limit", std::to_string(d.limit.requests)},
          {"X-RateLimit-Remaining", std::to_string(d.remaining)},
          {"X-RateLimit-Reset", std::to_string((now + reset).count())},
          {"RateLimit-Policy", fmt::format("\"{}\";q={};w={}", name, d.limit.requests,
                                           ceil<seconds>(d.limit.window).count())},
          {"RateLimit", fmt::format("\"{}\";r={};t={}", name, d.remaining, reset.count())}};
}

Error rate_limit_error(LimitScope scope, const LimitDecision& d) {
  const seconds wait = std::max(seconds(1), ceil<seconds>(d.reset));
  Error error(ErrorCode::rate_limited,
              fmt::format("the limit of {} for {} is used up; try again in {}", d.limit.text(),
                          what_of(scope), format_duration(wait)));
  error.retry_after = wait;
  return error;
}

Handler limited(RateLimiter& limiter, LimitScope scope, SubjectOf subject_of, Handler handler) {
  return std::move(handler).behind(
      [&limiter, scope, subject_of = std::move(subject_of)](Request& request) -> Status {
        const auto subject = subject_of(request);
        if (!subject) return {};
        MKT_TRY(const auto decision, limiter.check(scope, {*subject, request.caller.address}));
        if (!decision) return {};
        request.answer_headers = rate_limit_headers(scope, *decision);
        if (!decision->allowed) return rate_limit_error(scope, *decision);
        return {};
      });
}

}  // namespace mkt
