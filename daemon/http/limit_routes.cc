// What is left of the limits: one's own for anyone, everybody's for admins, who may reset them.
#include <fmt/format.h>

#include "common/wire/status_messages.h"
#include "daemon/http/change_limits.h"
#include "daemon/http/fields.h"
#include "daemon/http/limit_listing.h"
#include "daemon/http/rate_limit.h"
#include "daemon/http/routes.h"
#include "daemon/service/audit_log.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxSubjectBytes = 256;

wire::LimitInfo limit_message(LimitScope scope, const std::string& subject,
                              const std::optional<LimitDecision>& decision) {
  wire::LimitInfo m;
  m.scope = limit_scope_name(scope);
  m.subject = subject;
  if (!decision) return m;
  m.limit = decision->limit.requests;
  m.window_seconds = std::chrono::ceil<std::chrono::seconds>(decision->limit.window).count();
  m.remaining = decision->remaining;
  m.reset_seconds = decision->reset_seconds().count();
  m.counted_in = counted_in_word(decision->counted_in);
  return m;
}

// Who the caller is where that scope counts.
std::optional<std::string> own_subject(LimitScope scope, const Request& request) {
  switch (scope) {
    case LimitScope::publish:
      return publishing_subject(request.caller);
    case LimitScope::install:
      if (request.caller.signed_in() && request.caller.role != Role::publisher &&
          !request.caller.is_admin()) {
        return tenant_subject(request.caller.subject);
      }
      return std::nullopt;
    case LimitScope::change:
      return changing_subject(request.caller);
    default:
      return client_subject(request);
  }
}

// The address that an exception by address is looked up with.
std::string address_of(const std::string& subject, const Request& request) {
  constexpr std::string_view kAddress = "address:";
  if (!subject.starts_with(kAddress)) return request.caller.address;
  const std::string address = subject.substr(kAddress.size());
  return address.substr(0, address.find('/'));
}

Result<LimitScope> scope_named(std::string_view name) {
  if (const auto scope = parse_limit_scope(name)) return *scope;
  return Error(ErrorCode::not_found,
               fmt::format("no such limit; there are {}", limit_scope_list()));
}

Status check_subject(std::string_view subject) {
  const std::size_t colon = subject.find(':');
  const std::string_view kind = subject.substr(0, colon);
  const bool known =
      kind == "publisher" || kind == "tenant" || kind == "address" || kind == "token";
  if (known && colon != std::string_view::npos && subject.size() <= kMaxSubjectBytes &&
      subject.find_first_of("{}\r\n") == std::string_view::npos) {
    return {};
  }
  return Error(ErrorCode::invalid_request,
               "the subject must be publisher:ID, tenant:ID, address:IP or token:ID");
}

// Is it one whom that scope counts?
bool is_counted(LimitScope scope, std::string_view subject) {
  const std::string_view kind = subject.substr(0, subject.find(':'));
  switch (scope) {
    case LimitScope::publish:
      return kind == "publisher" || kind == "token";
    case LimitScope::install:
      return kind == "tenant";
    case LimitScope::change:
      return true;
    default:
      return kind == "address";
  }
}

Result<Response> list(RateLimiter& limiter, Request& request) {
  MKT_TRY(const auto listing, list_limits(limiter, request, request.head.parameter("subject")));
  return json_response(200, listing.to_json());
}

Result<Response> reset(const Marketplace& market, RateLimiter& limiter, Request& request) {
  MKT_CHECK(require_admin(request.caller));
  MKT_TRY(const LimitScope scope, scope_named(request.path_parameter("scope")));
  const std::string& subject = request.path_parameter("subject");
  MKT_CHECK(check_subject(subject));
  const Limited who{subject, address_of(subject, request)};
  MKT_CHECK(limiter.reset(scope, who));
  MKT_CHECK(note(market, request.caller.actor(), "limit.reset", subject,
                 {{"subject", subject}, {"scope", limit_scope_name(scope)}}));
  MKT_TRY(const auto decision, limiter.peek(scope, who));
  return json_response(200, limit_message(scope, subject, decision).to_json());
}

}  // namespace

Result<wire::LimitListing> list_limits(RateLimiter& limiter, const Request& request,
                                       std::optional<std::string_view> asked) {
  if (asked) {
    MKT_CHECK(require_admin(request.caller));
    MKT_CHECK(check_subject(*asked));
  }
  wire::LimitListing listing;
  for (const LimitScope scope : kLimitScopes) {
    const auto subject = asked ? std::optional(std::string(*asked)) : own_subject(scope, request);
    if (!subject || !is_counted(scope, *subject)) continue;
    MKT_TRY(const auto decision, limiter.peek(scope, {*subject, address_of(*subject, request)}));
    listing.limits.push_back(limit_message(scope, *subject, decision));
  }
  return listing;
}

void add_limit_routes(Router& router, const Marketplace& market, RateLimiter& limiter) {
  router.section("Rate limits", "What is left of the limits.");
  router.add("GET", "/v1/limits",
             Operation("listLimits", "Show what is left of the rate limits")
                 .query("subject", "Of somebody else, such as publisher:acme; for admins.")
                 .answers<wire::LimitListing>(),
             [&](Request& r) { return list(limiter, r); });
  router.add(
      "DELETE", "/v1/limits/{scope}/{subject}",
      Operation("resetLimit", "Let somebody begin anew").for_tokens().answers<wire::LimitInfo>(),
      [&](Request& r) { return reset(market, limiter, r); });
}

}  // namespace mkt
