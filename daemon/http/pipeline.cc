// From a request to its answer.
#include "daemon/http/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <optional>

#include "common/base/log.h"
#include "common/base/token_text.h"
#include "daemon/http/error_body.h"
#include "daemon/http/mcp_path.h"
#include "daemon/http/min_sequence.h"
#include "daemon/http/rate_limit.h"
#include "daemon/http/routes.h"
#include "daemon/service/tokens.h"

namespace mkt {
namespace {

// What a client is told about a failure of this machine. The system's own message names folders and
// files and is only for the log. nullopt for an error that may be told unchanged.
std::optional<std::string> told_instead(ErrorCode code, const std::string& request_id) {
  const auto with_id = [&](std::string_view what) {
    return fmt::format("{}; its log has the reason under the request {}", what, request_id);
  };
  switch (code) {
    case ErrorCode::internal_error:
      return with_id("the registry failed unexpectedly");
    case ErrorCode::io_error:
    case ErrorCode::storage_failed:
      return with_id("the registry cannot read or write its files");
    case ErrorCode::storage_full:
      return with_id(
          "No space left on the disk of the registry, which is not yours; tell its admin");
    case ErrorCode::data_damaged:
      return with_id("the registry's data is damaged there");
    default:
      return std::nullopt;
  }
}

Response failure(Error error, const FailedRequest& failed) {
  return error_response(told_error(std::move(error), failed.request_id), failed);
}

std::string name_of(const Caller& caller) {
  if (!caller.signed_in()) return {};
  const std::string role(role_name(caller.role));
  return caller.subject.empty() ? role : role + ":" + caller.subject;
}

// All tokens of a publisher count together.
std::string subject_of(const Caller& caller) {
  if (!caller.signed_in()) return {};
  return caller.role == Role::publisher ? "publisher:" + caller.subject
                                        : "token:" + caller.token_id;
}

// The MCP registry's API for reading says so of every write, wherever it goes.
Response refuse_mcp_write(const Request& request) {
  return error_response(Error(ErrorCode::not_implemented,
                              "servers are published here as connectors; see mkt-publish(1)"),
                        failed_request(request));
}

bool is_mcp_write(const RequestHead& head) {
  return is_mcp_path(head.path) && head.method != "GET" && head.method != "HEAD";
}

Response with_headers(Response response,
                      const std::vector<std::pair<std::string, std::string>>& headers) {
  response.headers.insert(response.headers.end(), headers.begin(), headers.end());
  return response;
}

// Invalid tokens are counted by the client's address. A valid token always passes: many clients may
// share an address, and nobody can guess a token.
Response refuse_sign_in(const Pipeline& a, const Error& error, const RequestHead& head,
                        const Exchange& exchange) {
  const FailedRequest failed{exchange.request_id, head.path};
  auto refused = failure(error, failed);
  a.usage.sign_in_failed(exchange.address, token_of(head), a.market.now());
  if (error.code != ErrorCode::unauthorized) return refused;
  const auto decision = a.limiter.check(LimitScope::auth_failure,
                                        {address_subject(exchange.address), exchange.address});
  if (!decision) return failure(decision.error(), failed);
  if (!*decision || (*decision)->allowed) return refused;
  return with_headers(
      error_response(rate_limit_error(LimitScope::auth_failure, **decision), failed),
      rate_limit_headers(LimitScope::auth_failure, **decision));
}

// A token that somebody took for its id is part of the path; the log has the id alone.
std::string without_tokens(std::string path) {
  for (std::size_t begin = 1; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string id(token_id_in(std::string_view(path).substr(begin, end - begin)));
    if (!id.empty()) path.replace(begin, end - begin, id);
    begin += (id.empty() ? end - begin : id.size()) + 1;
  }
  return path;
}

bool says_who_may_keep(const Response& response) {
  return std::any_of(response.headers.begin(), response.headers.end(),
                     [](const auto& header) { return header.first == "Cache-Control"; });
}

}  // namespace

Error told_error(Error error, const std::string& request_id) {
  if (http_status(error.code) >= 500) {
    log_event(LogLevel::error, error.message,
              {{"code", std::string(error_code_name(error.code))}, {"request", request_id}});
  }
  if (auto told = told_instead(error.code, request_id)) {
    error.message = std::move(*told);
    error.details.clear();
  }
  return error;
}

Response answer_request(const Pipeline& a, const RequestHead& head, BodyReader& body,
                        Exchange& exchange) {
  try {
    auto caller = authenticate(a.market, head, exchange.address, exchange.request_id);
    if (!caller) return refuse_sign_in(a, caller.error(), head, exchange);
    if (caller->signed_in()) a.usage.token_used(caller->token_id, a.market.now());
    exchange.who = name_of(*caller);
    exchange.subject = subject_of(*caller);
    if (a.traces != nullptr && exchange.trace && head.method != "GET") {
      a.traces->remember(exchange.request_id, *exchange.trace);
    }
    catch_up(a.market, head);
    Request request{head, body, std::move(*caller), {}};
    auto response = a.idempotency.answer(
        request,
        [&](Request& r) { return is_mcp_write(head) ? refuse_mcp_write(r) : a.router.dispatch(r); },
        [&](Request& r) { return a.router.ask_gates(r); });
    exchange.route = request.route;
    exchange.who = name_of(request.caller);  // a page may have found out by its cookie
    Response answer = with_headers(
        response ? std::move(*response) : failure(response.error(), failed_request(request)),
        request.answer_headers);
    tell_sequence(a.market, request, answer);
    if (!a.market.anyone_reads()) {
      keep_from_others(answer);
    } else if (request.caller.signed_in() && !says_who_may_keep(answer)) {
      answer.headers.emplace_back("Cache-Control", "private");
    }
    return answer;
  } catch (const std::bad_alloc&) {
    return failure(Error(ErrorCode::overloaded, "the registry is out of memory; try again"),
                   {exchange.request_id, head.path});
  } catch (const std::exception& e) {
    return failure(Error(ErrorCode::internal_error,
                         fmt::format("a request failed unexpectedly: {}", e.what())),
                   {exchange.request_id, head.path});
  }
}

void log_access(const AccessRecord& r) {
  LogFields fields = {{"request", r.request_id},
                      {"address", r.address},
                      {"method", r.method},
                      {"path", without_tokens(r.path)}};
  if (!r.route.empty()) fields.emplace_back("route", r.route);
  if (!r.who.empty()) fields.emplace_back("who", r.who);
  fields.emplace_back("status", r.status);
  fields.emplace_back("in", r.bytes_in);
  fields.emplace_back("out", r.bytes_out);
  fields.emplace_back("us", r.duration.count());
  if (r.trace) {
    fields.emplace_back("traceId", r.trace->trace_id);
    fields.emplace_back("spanId", r.request_id);
    fields.emplace_back("parentSpanId", r.trace->parent_id);
  }
  log_event(LogLevel::info, "request", fields);
}

}  // namespace mkt
