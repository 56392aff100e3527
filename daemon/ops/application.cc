// From a request to its answer; see application.h.
#include "daemon/ops/application.h"

#include "daemon/http/routes.h"
#include "daemon/ops/log.h"

namespace mkt {
namespace {

Response failure(const Error& error, const std::string& request_id) {
  if (http_status(error.code) >= 500) {
    log_event(LogLevel::error, error.message,
              {{"code", std::string(error_code_name(error.code))}, {"request", request_id}});
  }
  return error_response(error, request_id);
}

std::string name_of(const Caller& caller) {
  if (!caller.signed_in()) return {};
  const std::string role(role_name(caller.role));
  return caller.subject.empty() ? role : role + ":" + caller.subject;
}

}  // namespace

Response answer_request(const Application& a, const RequestHead& head, BodyReader& body,
                        Exchange& exchange) {
  try {
    auto caller = authenticate(a.market, head, exchange.address, exchange.request_id);
    if (!caller) return error_response(caller.error(), exchange.request_id);
    if (caller->signed_in()) a.usage.token_used(caller->token_id, a.market.now());
    exchange.who = name_of(*caller);
    Request request{head, body, std::move(*caller), {}};
    auto response = a.idempotency.answer(request, [&](Request& r) { return a.router.dispatch(r); });
    exchange.route = request.route;
    if (response) return std::move(*response);
    return failure(response.error(), exchange.request_id);
  } catch (const std::exception& e) {
    log_event(LogLevel::error, "a request failed unexpectedly",
              {{"reason", e.what()}, {"request", exchange.request_id}});
    return error_response(Error(ErrorCode::internal_error,
                                "the registry failed unexpectedly; its log has the reason"),
                          exchange.request_id);
  }
}

void log_access(const AccessRecord& r) {
  LogFields fields = {
      {"request", r.request_id}, {"address", r.address}, {"method", r.method}, {"path", r.path}};
  if (!r.route.empty()) fields.emplace_back("route", r.route);
  if (!r.who.empty()) fields.emplace_back("who", r.who);
  fields.emplace_back("status", std::to_string(r.status));
  fields.emplace_back("in", std::to_string(r.bytes_in));
  fields.emplace_back("out", std::to_string(r.bytes_out));
  fields.emplace_back("us", std::to_string(r.duration.count()));
  log_event(LogLevel::info, "request", fields);
}

}  // namespace mkt
